import type { CallOptions, Transport } from "../../client/transport.ts";
import { AnchorageError } from "../../errors.ts";
import type { BackupRequestBody } from "./api.ts";

export type { BackupRequestBody } from "./api.ts";

/** The client of backups. */
export interface BackupClient {
  /**
   * Streams a backup of everything, or of the receipts. It is whole only if the stream ends without an error; `anchorage
   * restore` checks that as well.
   */
  backup(request?: BackupRequestBody, options?: CallOptions): Promise<ReadableStream<Uint8Array>>;
}

export const createBackupClient = ({ send }: Transport): BackupClient => ({
  backup: async (request = {}, options) => {
    const { body } = await send("POST", "/v1/backup", {
      ...options,
      body: JSON.stringify(request),
      accept: "application/x-tar, application/problem+json",
    });
    if (body === null) throw new AnchorageError("unavailable", "The service answered without a backup.");
    return body;
  },
});

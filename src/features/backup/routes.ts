import { readJsonBody, endpoint, jsonBody, problems, type Routes } from "../../http/index.ts";
import type { Core } from "../../collections/index.ts";
import { backupRequest } from "./api.ts";
import { startBackup } from "./write.ts";

/** Adds the endpoint that streams a backup. */
export const addBackup = ({ app, bodyLimit }: Routes, { store }: Core, signingKey: string): void => {
  endpoint(
    app,
    {
      method: "post",
      path: "/v1/backup",
      scope: "admin",
      tags: ["service"],
      operationId: "backup",
      summary: "Stream a backup of all collections",
      description:
        "A tar archive of all tables as one transaction sees them, for `anchorage restore`; the private key that signs reports " +
        "is not in it. A backup that fails ends the connection without its last entry, and is refused by a restore.",
      request: jsonBody(backupRequest),
      responses: {
        200: {
          description: "The archive, as it is made.",
          content: { "application/x-tar": { schema: { type: "string", format: "binary" } } },
        },
        ...problems(400, 409, 413, 415, 422, 503),
      },
    },
    async (c) => {
      const { contents = "everything", base = null } = await readJsonBody(c, backupRequest, bodyLimit);
      const { bytes, cancel } = startBackup(store, { contents, base, signingKey });
      const reader = bytes[Symbol.asyncIterator]();
      // What is refused before the first row is answered as a problem.
      let next = await reader.next();
      const body = new ReadableStream<Uint8Array>(
        {
          pull: async (controller) => {
            if (next.done === true) {
              controller.close();
              return;
            }
            controller.enqueue(next.value);
            next = await reader.next();
          },
          cancel,
        },
        { highWaterMark: 0 },
      );
      return c.body(body, 200, {
        "Content-Type": "application/x-tar",
        "Content-Disposition": 'attachment; filename="anchorage.backup"',
      });
    },
  );
};

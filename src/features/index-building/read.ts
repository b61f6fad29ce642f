import { join } from "node:path";
import type { CommandContext } from "../../command.ts";
import { AnchorageError } from "../../errors.ts";
import type { CollectionsClient } from "../../client/index.ts";
import { createProgress } from "../../progress.ts";
import type { CollectionName } from "../../types.ts";
import { readFromService } from "./read-service.ts";
import { readFromStore } from "./read-store.ts";
import type { LoadedCollection } from "./types.ts";

/**
 * Reads a collection with a progress bar: of the service at ANCHORAGE_URL, or of the Postgres of DATA_DIR.
 *
 * @throws AnchorageError `not-found`, `unprocessable` if the collection is empty
 */
export const readCollection = async (
  { collection }: { readonly collection: CollectionName },
  { config, connect, signal, log }: CommandContext<CollectionsClient>,
): Promise<LoadedCollection> => {
  const progress = createProgress("reading", "anchors");
  const onProgress = (done: number, total: number): void => progress.update(done, total);
  const read = async (): Promise<LoadedCollection> => {
    if (config.url === null)
      return readFromStore(config, join(config.dataDir, "indexes"), collection, {
        signal,
        log,
        onProgress,
      });
    const client = await connect();
    try {
      return await readFromService(client.collection(collection), { signal, onProgress });
    } finally {
      await client.close();
    }
  };
  const subject = await read().finally(() => progress.stop());
  if (subject.view.size === 0)
    throw new AnchorageError("unprocessable", `collection "${collection}" has no anchors`);
  return subject;
};

import { saveSnapshot, subjectOf } from "../../collections/index.ts";
import type { Config } from "../../config.ts";
import { AnchorageError, notFound } from "../../errors.ts";
import { openAnchorSpace } from "../../retrieval/index.ts";
import { findCollection, openInspection, readAll } from "../../store/index.ts";
import type { CollectionName, Log, Sequence } from "../../types.ts";
import type { LoadOptions, LoadedCollection } from "./types.ts";

/**
 * Reads a collection from Postgres, also while a service runs on DATA_DIR. If none runs, writes a snapshot too, so
 * that the next start is fast.
 *
 * @param indexes the folder of all indexes
 * @throws AnchorageError `not-found` if the collection does not exist, and what `openInspection` throws
 */
export const readFromStore = async (
  { dataDir, databaseUrl }: Pick<Config, "dataDir" | "databaseUrl">,
  indexes: string,
  name: CollectionName,
  { signal, log, onProgress }: LoadOptions & { readonly log: Log },
): Promise<LoadedCollection> => {
  const inspection = await openInspection({ dataDir, databaseUrl, log });
  const { database, isAlone } = inspection;
  try {
    const record = await findCollection(database, name);
    if (record === null) throw notFound("collection", name);
    const space = await openAnchorSpace({
      imageDimension: record.imageEncoder.dimension,
      textDimension: record.textEncoder.dimension,
      transform: record.transform,
    });
    let done = 0;
    const sequence = await readAll(database, record, (batch, total) => {
      if (signal.aborted) throw new AnchorageError("cancelled", "stopped; no file was changed");
      space.apply({ sequence: 0 as Sequence, upserts: batch, deletes: [] });
      onProgress((done += batch.length), total);
    });
    space.apply({ sequence, upserts: [], deletes: [] });
    const view = space.view();
    if (isAlone)
      await saveSnapshot(database, indexes, record, view, signal).catch((error: unknown) =>
        log.warn("no snapshot was written", { error }),
      );
    const { collection, encoders } = subjectOf(record);
    return {
      collection: { name, createdAt: collection.createdAt },
      encoders,
      transform: record.transform,
      view,
      isAlone,
    };
  } finally {
    await inspection.close();
  }
};

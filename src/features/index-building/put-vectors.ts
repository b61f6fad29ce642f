import { isDeepStrictEqual } from "node:util";
import type { AnchorBody } from "../../api/anchors.ts";
import type { CollectionSpecBody } from "../../api/collections.ts";
import { transformText } from "../../api/transforms.ts";
import { AnchorageError, isAnchorageError } from "../../errors.ts";
import type { CollectionsClient } from "../../client/index.ts";
import type { NpyRows } from "../files/npy/index.ts";
import type { Log } from "../../types.ts";
import type { VectorTable } from "./vector-files.ts";

const MAX_BATCH = 1_000;
/** Limit of one request, assuming twenty characters per number. */
const MAX_BATCH_NUMBERS = 400_000;

export interface PutOptions {
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly onProgress: (done: number, total: number) => void;
}

/**
 * Stores the anchors of vector files in a collection, and creates the collection if it does not exist. Ids that exist
 * already are skipped, so that repeating the call resumes an interrupted one.
 *
 * @throws AnchorageError `conflict` if the collection exists with another dimension or transform, `invalid-input`
 * that names the rows whose vector or id cannot be stored, `cancelled` if the signal aborts
 */
export const putVectors = async (
  client: Pick<CollectionsClient, "collection" | "createCollection">,
  spec: Pick<CollectionSpecBody, "name" | "transform">,
  table: VectorTable,
  { signal, log, onProgress }: PutOptions,
): Promise<void> => {
  await ensureCollection(client, spec, table, log);
  const { ids, images, texts } = table;
  const collection = client.collection(spec.name);
  const numbers = images.columns + texts.columns;
  const batch = Math.max(1, Math.min(MAX_BATCH, Math.floor(MAX_BATCH_NUMBERS / numbers)));
  for (let first = 0; first < ids.length; first += batch) {
    if (signal.aborted) throw new AnchorageError("cancelled", "stopped; the same command goes on from here");
    const rows = Array.from(ids.slice(first, first + batch), (_, i) => first + i);
    try {
      const stored = new Set(await collection.existingAnchors(rows.map((row) => ids[row] ?? "")));
      const missing = rows.filter((row) => !stored.has(ids[row] ?? ""));
      if (missing.length > 0) await collection.putAnchors(missing.map((row) => anchorAt(table, row)));
    } catch (error) {
      if (!isAnchorageError(error) || error.code !== "invalid-input") throw error;
      const message = `rows ${first} to ${first + rows.length - 1}: ${error.message}`;
      throw new AnchorageError("invalid-input", message, { cause: error });
    }
    onProgress(first + rows.length, ids.length);
  }
};

const ensureCollection = async (
  client: Pick<CollectionsClient, "collection" | "createCollection">,
  spec: Pick<CollectionSpecBody, "name" | "transform">,
  { images, texts }: VectorTable,
  log: Log,
): Promise<void> => {
  const { name, transform } = spec;
  try {
    const { encoders, transform: present } = await client.collection(name).get();
    const dimensions = [encoders.image.dimension, encoders.text.dimension];
    if (dimensions[0] !== images.columns || dimensions[1] !== texts.columns)
      throw new AnchorageError(
        "conflict",
        `collection "${name}" has vectors of ${dimensions.join(" and ")} dimensions, and the files of ${images.columns} and ${texts.columns}`,
      );
    if (transform !== undefined && !isDeepStrictEqual(transform, present))
      throw new AnchorageError(
        "conflict",
        `collection "${name}" is there, and its transform is ${transformText(present)}`,
      );
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "not-found") throw error;
    const external = ({ columns }: NpyRows) => ({ external: { dimension: columns } });
    await client.createCollection({ ...spec, imageEncoder: external(images), textEncoder: external(texts) });
    log.info(`collection "${name}" was not there and is made for vectors from outside`);
  }
};

const anchorAt = ({ ids, captions, images, texts }: VectorTable, row: number): AnchorBody => ({
  id: ids[row] ?? "",
  ...(captions === null ? {} : { text: captions[row] ?? "" }),
  imageVector: rowOf(images, row),
  textVector: rowOf(texts, row),
});

const rowOf = ({ data, columns }: NpyRows, row: number): number[] =>
  Array.from(data.subarray(row * columns, (row + 1) * columns));

import { eq } from "drizzle-orm";
import { notFound } from "../errors.ts";
import type { AnchorId, Metadata, Sequence } from "../types.ts";
import { copyOut } from "./copy.ts";
import type { Database } from "./database.ts";
import { fromBytes } from "./float32.ts";
import { encoderKeys, requireEncoders } from "./lock-collection.ts";
import { collections } from "./schema.ts";
import type { EncoderPair } from "./vector-types.ts";
import type { AnchorWithVectors, CollectionRecord } from "./types.ts";

const BATCH = 1_000;

/**
 * Reads every anchor of a collection in one snapshot, in id order, in batches of 1000. The next batch is read after
 * `onBatch` resolves.
 *
 * @param onBatch receives a batch and the total number of anchors
 * @param beside encoders to read vectors of instead of the collection's; anchors without both vectors are left out
 * @returns the sequence of the snapshot
 * @throws AnchorageError `not-found` if the collection is gone, `conflict` if it has moved to other encoders
 * @example
 * ```ts
 * const sequence = await readAll(store, collection, (batch, total) => {
 *   for (const { id, imageVector } of batch) index.add(id, imageVector);
 * });
 * ```
 */
export const readAll = async (
  database: Database,
  collection: CollectionRecord,
  onBatch: (batch: readonly AnchorWithVectors[], total: number) => Promise<void> | void,
  beside?: EncoderPair,
): Promise<Sequence> =>
  database.snapshot(async ({ queries, client }) => {
    const [state] = await queries
      .select({ sequence: collections.sequence, total: collections.anchorCount, ...encoderKeys })
      .from(collections)
      .where(eq(collections.key, collection.key));
    if (state === undefined) throw notFound("collection", collection.name);
    requireEncoders(collection, state);
    await client.query(IN_INDEX_ORDER);
    let batch: AnchorWithVectors[] = [];
    for await (const rows of copyOut(client, statementFor(collection, beside ?? collection))) {
      for (const row of rows) batch.push(decode(row));
      if (batch.length < BATCH) continue;
      await onBatch(batch, state.total);
      batch = [];
    }
    if (batch.length > 0) await onBatch(batch, state.total);
    return state.sequence;
  });

/** Forces reads along the index, in order; after a hash join Postgres would have to sort all vectors on disk. */
const IN_INDEX_ORDER =
  "SET LOCAL enable_sort = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off";

/** COPY takes no parameters; the three keys are numbers from Postgres. */
const statementFor = ({ key }: CollectionRecord, { imageEncoder, textEncoder }: EncoderPair): string => `
  COPY (
    SELECT a.id, a.caption, a.metadata::text, a.sequence, i.anchor_key IS NOT NULL, image.data, label.data
    FROM anchors a
    JOIN vectors image ON image.anchor_key = a.key AND image.encoder_key = ${imageEncoder.key}
    JOIN vectors label ON label.anchor_key = a.key AND label.encoder_key = ${textEncoder.key}
    LEFT JOIN images i ON i.anchor_key = a.key
    WHERE a.collection = ${key}
    ORDER BY a.id
  ) TO STDOUT (FORMAT binary)`;

const decode = (row: readonly (Buffer | null)[]): AnchorWithVectors => {
  const [id, caption, metadata, sequence, hasImage, imageVector, textVector] = row;
  if (!id || caption === undefined || !metadata || !sequence || !hasImage || !imageVector || !textVector)
    throw new Error("a row of anchors came without one of its columns");
  return {
    id: id.toString() as AnchorId,
    caption: caption === null ? null : caption.toString(),
    metadata: JSON.parse(metadata.toString()) as Metadata,
    sequence: Number(sequence.readBigInt64BE()) as Sequence,
    hasImage: hasImage[0] === 1,
    imageVector: fromBytes(imageVector),
    textVector: fromBytes(textVector),
  };
};

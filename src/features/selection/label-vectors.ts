import { and, eq, sql } from "drizzle-orm";
import type { Sequence } from "../../types.ts";
import type { Database } from "../../store/database.ts";
import { fromBytes, toBytes } from "../../store/float32.ts";
import { lockCollection } from "../../store/lock-collection.ts";
import { labelVectors } from "./table.ts";
import type { CollectionRecord, EncoderRecord } from "../../store/types.ts";

/** A text's vector, found again by the sha256 of its UTF-8. */
export interface LabelVector {
  readonly hash: Uint8Array;
  readonly vector: Float32Array;
}

/** Written in one statement. */
const AT_ONCE = 500;

/** What is kept of `hashes`, in no order. */
export const findLabelVectors = async (
  database: Database,
  { key }: CollectionRecord,
  encoder: EncoderRecord,
  hashes: readonly Uint8Array[],
): Promise<LabelVector[]> => {
  if (hashes.length === 0) return [];
  const wanted = hashes.map((hash) => Buffer.from(hash));
  const rows = await database.query((queries) =>
    queries
      .select({ hash: labelVectors.hash, data: labelVectors.data })
      .from(labelVectors)
      .where(
        and(
          eq(labelVectors.collection, key),
          eq(labelVectors.encoderKey, encoder.key),
          sql`${labelVectors.hash} = ANY(${sql.param(wanted)}::bytea[])`,
        ),
      ),
  );
  return rows.map(({ hash, data }) => ({ hash, vector: fromBytes(data) }));
};

/**
 * Keeps vectors of labels, unless anything was written to the collection since `sequence`: what they were made of may
 * be deleted by now, and a compaction may have gone by.
 *
 * @returns whether they are kept
 */
export const addLabelVectors = async (
  database: Database,
  collection: CollectionRecord,
  encoder: EncoderRecord,
  sequence: Sequence,
  made: readonly LabelVector[],
): Promise<boolean> =>
  database.transaction(async ({ queries }) => {
    const current = await lockCollection(queries, collection);
    if (current.sequence !== sequence) return false;
    for (let first = 0; first < made.length; first += AT_ONCE) {
      const rows = made.slice(first, first + AT_ONCE).map(({ hash, vector }) => ({
        collection: collection.key,
        encoderKey: encoder.key,
        hash,
        data: toBytes(vector),
      }));
      await queries.insert(labelVectors).values(rows).onConflictDoNothing();
    }
    return true;
  });

/** Removes all that are kept for a collection. */
export const removeLabelVectors = async (database: Database, { key }: CollectionRecord): Promise<void> => {
  await database.write((queries) => queries.delete(labelVectors).where(eq(labelVectors.collection, key)));
};

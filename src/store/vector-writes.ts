import { and, eq, notExists, sql, type SQL } from "drizzle-orm";
import { copyIn, type CopyValue } from "./copy.ts";
import type { Database, Queries, Transaction } from "./database.ts";
import { toBytes } from "./float32.ts";
import { lockCollection } from "./lock-collection.ts";
import { anchors, vectors } from "./schema.ts";
import type { MadeVector } from "./vector-types.ts";
import type { CollectionRecord, EncoderRecord } from "./types.ts";

/** Condition for the collection's anchors that have no vector of `encoder`. */
export const lackingVector = (
  queries: Queries,
  { key }: CollectionRecord,
  encoder: EncoderRecord,
): SQL | undefined =>
  and(
    eq(anchors.collection, key),
    notExists(
      queries
        .select({ one: sql`1` })
        .from(vectors)
        .where(and(eq(vectors.anchorKey, anchors.key), eq(vectors.encoderKey, encoder.key))),
    ),
  );

/**
 * Stores vectors of `encoder` in addition to those of the collection's own encoders. Vectors of anchors that were
 * deleted or already have one are ignored.
 *
 * @throws AnchorageError `not-found` if the collection is gone
 */
export const addVectors = async (
  database: Database,
  collection: CollectionRecord,
  encoder: EncoderRecord,
  made: readonly MadeVector[],
): Promise<void> => {
  if (made.length === 0) return;
  await database.transaction(async (transaction) => {
    const { queries } = transaction;
    // Lock out writers, so that no anchor disappears between the two statements.
    await lockCollection(queries, collection);
    const keys = made.map(({ key }) => key);
    const rows = await queries
      .select({ key: anchors.key })
      .from(anchors)
      .where(
        and(
          sql`${anchors.key} = ANY(${sql.param(keys)}::bigint[])`,
          lackingVector(queries, collection, encoder),
        ),
      );
    const wanted = new Set(rows.map(({ key }) => key));
    await copyMade(
      transaction,
      encoder,
      made.filter(({ key }) => wanted.has(key)),
    );
  });
};

/** Stores vectors within a transaction that locks the collection; the anchors must exist and have no such vector. */
export const copyMade = async (
  { client }: Transaction,
  encoder: EncoderRecord,
  made: readonly MadeVector[],
): Promise<void> => {
  const rows = function* (): Generator<CopyValue[]> {
    for (const { key, vector } of made) yield [key, encoder.key, toBytes(vector)];
  };
  await copyIn(client, "COPY vectors (anchor_key, encoder_key, data) FROM STDIN (FORMAT binary)", rows());
};

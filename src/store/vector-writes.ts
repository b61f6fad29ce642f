import { and, asc, count, eq, gt, isNull, notExists, sql, type SQL } from "drizzle-orm";
import type { AnchorId, Modality } from "../types.ts";
import { copyIn, type CopyValue } from "./copy.ts";
import type { Database, Queries, Transaction } from "./database.ts";
import { toBytes } from "./float32.ts";
import { lockCollection } from "./lock-collection.ts";
import { anchors, collections, images, originals, vectors } from "./schema.ts";
import type { MadeVector, VectorSource } from "./vector-types.ts";
import type { CollectionRecord, EncoderRecord } from "./types.ts";

/**
 * Counts the anchors without the input for a vector of `modality` (a stored image or a caption).
 *
 * @returns their number, and the first `limit` of their ids in id order
 */
export const withoutSource = async (
  database: Database,
  { key }: CollectionRecord,
  modality: Modality,
  limit: number,
): Promise<{ readonly count: number; readonly ids: readonly AnchorId[] }> => {
  const lacking = and(
    eq(anchors.collection, key),
    modality === "image" ? isNull(images.anchorKey) : isNull(anchors.caption),
  );
  return database.query(async (queries) => {
    const [total] = await queries
      .select({ count: count() })
      .from(anchors)
      .leftJoin(images, eq(images.anchorKey, anchors.key))
      .where(lacking);
    const rows = await queries
      .select({ id: anchors.id })
      .from(anchors)
      .leftJoin(images, eq(images.anchorKey, anchors.key))
      .where(lacking)
      .orderBy(asc(anchors.id))
      .limit(limit);
    return { count: total?.count ?? 0, ids: rows.map(({ id }) => id) };
  });
};

/** Counts the anchors whose image is kept as a thumbnail alone. */
export const countThumbnails = async (database: Database, { key }: CollectionRecord): Promise<number> => {
  const [row] = await database.query((queries) =>
    queries
      .select({ count: count() })
      .from(anchors)
      .innerJoin(images, eq(images.anchorKey, anchors.key))
      .leftJoin(originals, eq(originals.anchorKey, anchors.key))
      .where(and(eq(anchors.collection, key), isNull(originals.anchorKey))),
  );
  return row?.count ?? 0;
};

/** Condition for the collection's anchors that have no vector of `encoder`. */
const lacking = (queries: Queries, { key }: CollectionRecord, encoder: EncoderRecord): SQL | undefined =>
  and(
    eq(anchors.collection, key),
    notExists(
      queries
        .select({ one: sql`1` })
        .from(vectors)
        .where(and(eq(vectors.anchorKey, anchors.key), eq(vectors.encoderKey, encoder.key))),
    ),
  );

/** Counts the anchors that have no vector of `encoder`. */
export const countWithoutVector = async (
  database: Database,
  collection: CollectionRecord,
  encoder: EncoderRecord,
): Promise<number> => database.query((queries) => countLacking(queries, collection, encoder));

/** {@link countWithoutVector} within a transaction. */
export const countLacking = async (
  queries: Queries,
  collection: CollectionRecord,
  encoder: EncoderRecord,
): Promise<number> => {
  const [row] = await queries
    .select({ count: count() })
    .from(anchors)
    .where(lacking(queries, collection, encoder));
  return row?.count ?? 0;
};

/** Lists a page of anchors that have no vector of `encoder`, in key order, after key `after`. */
export const withoutVector = async (
  database: Database,
  collection: CollectionRecord,
  encoder: EncoderRecord,
  page: { readonly after: number; readonly limit: number },
): Promise<VectorSource[]> => database.query((queries) => selectLacking(queries, collection, encoder, page));

/** {@link withoutVector} within a transaction. */
export const selectLacking = async (
  queries: Queries,
  collection: CollectionRecord,
  encoder: EncoderRecord,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<VectorSource[]> => {
  const which = and(gt(anchors.key, after), lacking(queries, collection, encoder));
  const columns = { key: anchors.key, id: anchors.id, caption: anchors.caption };
  if (encoder.modality === "text") {
    const rows = await queries
      .select(columns)
      .from(anchors)
      .where(which)
      .orderBy(asc(anchors.key))
      .limit(limit);
    return rows.map((row) => ({ ...row, image: null }));
  }
  const image = sql<Uint8Array | null>`coalesce(${originals.bytes}, ${images.bytes})`;
  return queries
    .select({ ...columns, image })
    .from(anchors)
    .leftJoin(images, eq(images.anchorKey, anchors.key))
    .leftJoin(originals, eq(originals.anchorKey, anchors.key))
    .where(which)
    .orderBy(asc(anchors.key))
    .limit(limit);
};

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
        and(sql`${anchors.key} = ANY(${sql.param(keys)}::bigint[])`, lacking(queries, collection, encoder)),
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

/** Deletes a collection's vectors of `encoder`, unless the collection now uses that encoder. */
export const removeVectors = async (
  database: Database,
  { key }: CollectionRecord,
  encoder: EncoderRecord,
): Promise<void> => {
  await database.query((queries) =>
    queries.execute(sql`
      DELETE FROM ${vectors} USING ${anchors}, ${collections}
      WHERE ${anchors.key} = ${vectors.anchorKey} AND ${anchors.collection} = ${key}
        AND ${collections.key} = ${key} AND ${vectors.encoderKey} = ${encoder.key}
        AND ${encoder.key} NOT IN (${collections.imageEncoder}, ${collections.textEncoder})`),
  );
};

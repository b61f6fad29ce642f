import { and, asc, count, eq, gt, isNull, sql } from "drizzle-orm";
import type { CollectionRecord, Database, EncoderRecord, Queries } from "../../store/index.ts";
import { anchors, collections, images, originals, vectors } from "../../store/schema.ts";
import { lackingVector } from "../../store/vector-writes.ts";
import type { VectorSource } from "../../store/vector-types.ts";
import type { AnchorId, Modality } from "../../types.ts";

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

/** Counts the anchors that have no vector of `encoder`. */
export const countWithoutVector = async (
  queries: Queries,
  collection: CollectionRecord,
  encoder: EncoderRecord,
): Promise<number> => {
  const [row] = await queries
    .select({ count: count() })
    .from(anchors)
    .where(lackingVector(queries, collection, encoder));
  return row?.count ?? 0;
};

/** Lists a page of anchors that have no vector of `encoder`, in key order, after key `after`. */
export const withoutVector = async (
  queries: Queries,
  collection: CollectionRecord,
  encoder: EncoderRecord,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<VectorSource[]> => {
  const which = and(gt(anchors.key, after), lackingVector(queries, collection, encoder));
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

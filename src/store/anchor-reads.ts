import { and, asc, eq, gt, isNotNull, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import type { AnchorId, Sequence } from "../types.ts";
import type { Database, Queries } from "./database.ts";
import { fromBytes } from "./float32.ts";
import { anchors, changes, collections, images, originals, vectors } from "./schema.ts";
import type { AnchorRecord, AnchorWithVectors, Change, CollectionRecord, StoredImage } from "./types.ts";

const imageVectors = alias(vectors, "image_vectors");
const textVectors = alias(vectors, "text_vectors");

const recordColumns = {
  id: anchors.id,
  caption: anchors.caption,
  metadata: anchors.metadata,
  hasImage: sql<boolean>`${isNotNull(images.anchorKey)}`,
  sequence: anchors.sequence,
};

const among = ({ key }: CollectionRecord, ids: readonly AnchorId[]) =>
  and(eq(anchors.collection, key), sql`${anchors.id} = ANY(${sql.param(ids)}::text[])`);

/** Finds the anchors with the given ids, with their vectors, in id order. Ids that do not exist are ignored. */
export const findAnchors = async (
  database: Database,
  collection: CollectionRecord,
  ids: readonly AnchorId[],
): Promise<AnchorWithVectors[]> =>
  ids.length === 0 ? [] : database.query((queries) => selectAnchors(queries, collection, ids));

/** {@link findAnchors} within a transaction. The vectors are those of the collection's current encoders. */
export const selectAnchors = async (
  queries: Queries,
  collection: CollectionRecord,
  ids: readonly AnchorId[],
): Promise<AnchorWithVectors[]> => {
  const rows = await queries
    .select({ ...recordColumns, imageBytes: imageVectors.data, textBytes: textVectors.data })
    .from(anchors)
    .innerJoin(collections, eq(collections.key, anchors.collection))
    .innerJoin(
      imageVectors,
      and(eq(imageVectors.anchorKey, anchors.key), eq(imageVectors.encoderKey, collections.imageEncoder)),
    )
    .innerJoin(
      textVectors,
      and(eq(textVectors.anchorKey, anchors.key), eq(textVectors.encoderKey, collections.textEncoder)),
    )
    .leftJoin(images, eq(images.anchorKey, anchors.key))
    .where(among(collection, ids))
    .orderBy(asc(anchors.id));
  return rows.map(({ imageBytes, textBytes, ...record }) => ({
    ...record,
    imageVector: fromBytes(imageBytes),
    textVector: fromBytes(textBytes),
  }));
};

/**
 * Lists a page of anchors in id order (byte order of UTF-8).
 *
 * @param page `after`: the last id of the previous page, or null for the first page
 * @example
 * ```ts
 * const page = await listAnchors(store, collection, { after: null, limit: 100 });
 * ```
 */
export const listAnchors = async (
  database: Database,
  { key }: CollectionRecord,
  { after, limit }: { readonly after: AnchorId | null; readonly limit: number },
): Promise<AnchorRecord[]> => {
  const later = after === null ? undefined : gt(anchors.id, after);
  return database.query((queries) =>
    queries
      .select(recordColumns)
      .from(anchors)
      .leftJoin(images, eq(images.anchorKey, anchors.key))
      .where(and(eq(anchors.collection, key), later))
      .orderBy(asc(anchors.id))
      .limit(limit),
  );
};

/** Finds the stored image of an anchor; null if the anchor or its image does not exist. */
export const findImage = async (
  database: Database,
  collection: CollectionRecord,
  id: AnchorId,
  size: "thumbnail" | "original" = "thumbnail",
): Promise<StoredImage | null> => {
  const table = size === "thumbnail" ? images : originals;
  const [image] = await database.query((queries) =>
    queries
      .select({ mediaType: table.mediaType, bytes: table.bytes })
      .from(anchors)
      .innerJoin(table, eq(table.anchorKey, anchors.key))
      .where(and(eq(anchors.collection, collection.key), eq(anchors.id, id))),
  );
  return image ?? null;
};

/** Anchors whose images are looked at for their mean size. */
const SIZED = 1_000;

/** Bytes that the images of an anchor take, the mean of up to 1,000 anchors that have some; 0 where none has. */
export const meanImageBytes = async (database: Database, { key }: CollectionRecord): Promise<number> => {
  const { rows } = await database.query((queries) =>
    queries.execute<{ bytes: string | null }>(sql`
      SELECT avg(octet_length(image.bytes) + coalesce(octet_length(original.bytes), 0)) AS bytes FROM (
        SELECT ${images.anchorKey}, ${images.bytes} FROM ${images}
        JOIN ${anchors} ON ${anchors.key} = ${images.anchorKey} WHERE ${anchors.collection} = ${key} LIMIT ${SIZED}
      ) AS image LEFT JOIN ${originals} AS original ON original.anchor_key = image.anchor_key`),
  );
  return Math.round(Number(rows[0]?.bytes ?? 0));
};

/** Finds which of `ids` exist. */
export const existingIds = async (
  database: Database,
  collection: CollectionRecord,
  ids: readonly AnchorId[],
): Promise<Set<AnchorId>> => {
  if (ids.length === 0) return new Set();
  const rows = await database.query((queries) =>
    queries.select({ id: recordColumns.id }).from(anchors).where(among(collection, ids)),
  );
  return new Set(rows.map(({ id }) => id));
};

/** Lists the writes after `sequence`, oldest first. */
export const changesSince = async (
  database: Database,
  { key }: CollectionRecord,
  sequence: Sequence,
): Promise<Change[]> => {
  return database.query((queries) =>
    queries
      .select({ sequence: changes.sequence, kind: changes.kind, ids: changes.ids })
      .from(changes)
      .where(and(eq(changes.collection, key), gt(changes.sequence, sequence)))
      .orderBy(asc(changes.sequence)),
  );
};

/** Finds which of `ids` occur in the recorded writes, whether the anchors exist or not. */
export const idsInChanges = async (
  database: Database,
  { key }: CollectionRecord,
  ids: readonly AnchorId[],
): Promise<Set<AnchorId>> => {
  const { rows } = await database.query((queries) =>
    queries.execute<{ id: AnchorId }>(sql`
      SELECT DISTINCT named.id FROM ${changes}, unnest(${changes.ids}) AS named (id)
      WHERE ${changes.collection} = ${key} AND named.id = ANY(${sql.param(ids)}::text[])`),
  );
  return new Set(rows.map(({ id }) => id));
};

import { and, asc, eq, gt, isNotNull, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import type { AnchorId, Sequence } from "../types.ts";
import type { Database, Queries } from "./database.ts";
import { fromBytes } from "./float32.ts";
import { anchors, changes, collections, images, vectors } from "./schema.ts";
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

/** Those of `ids` that exist, in id order. */
export const findAnchors = async (
  database: Database,
  collection: CollectionRecord,
  ids: readonly AnchorId[],
): Promise<AnchorWithVectors[]> =>
  ids.length === 0 ? [] : database.query((queries) => selectAnchors(queries, collection, ids));

/** The same inside a transaction; the vectors are those of the encoders that the collection has now. */
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

/** In id order (byte order of UTF-8), ids after `after`. */
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

export const findImage = async (
  database: Database,
  collection: CollectionRecord,
  id: AnchorId,
): Promise<StoredImage | null> => {
  const [image] = await database.query((queries) =>
    queries
      .select({ mediaType: images.mediaType, bytes: images.bytes })
      .from(anchors)
      .innerJoin(images, eq(images.anchorKey, anchors.key))
      .where(and(eq(anchors.collection, collection.key), eq(anchors.id, id))),
  );
  return image ?? null;
};

/** Those of `ids` that exist. */
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

/** The writes after `sequence`, oldest first. */
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

/** Those of `ids` that a write on record names, whether they exist or not. */
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

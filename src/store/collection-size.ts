import { sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { anchors, images, vectors } from "./schema.ts";
import type { CollectionRecord } from "./types.ts";

/** Bytes of a collection's rows in Postgres, as they are stored: compressed where Postgres compresses them. */
export interface StoredBytes {
  /** Ids, captions, metadata and hashes. */
  readonly anchors: number;
  readonly vectors: number;
  readonly images: number;
}

/** Adds up the sizes of a collection's rows; indexes and the room that deleted rows leave are not counted. */
export const storedBytes = async (database: Database, { key }: CollectionRecord): Promise<StoredBytes> => {
  const ofAnchors = sql`(SELECT ${anchors.key} FROM ${anchors} WHERE ${anchors.collection} = ${key})`;
  const { rows } = await database.query((queries) =>
    queries.execute<Record<keyof StoredBytes, string>>(sql`
      SELECT
        (SELECT coalesce(sum(pg_column_size(row)), 0) FROM ${anchors} AS row WHERE row.collection = ${key}) AS anchors,
        (SELECT coalesce(sum(pg_column_size(${vectors.data})), 0) FROM ${vectors}
          WHERE ${vectors.anchorKey} IN ${ofAnchors}) AS vectors,
        (SELECT coalesce(sum(pg_column_size(${images.bytes})), 0) FROM ${images}
          WHERE ${images.anchorKey} IN ${ofAnchors}) AS images`),
  );
  const [row] = rows;
  return {
    anchors: Number(row?.anchors ?? 0),
    vectors: Number(row?.vectors ?? 0),
    images: Number(row?.images ?? 0),
  };
};

import { and, eq, sql } from "drizzle-orm";
import type { AnchorId } from "../types.ts";
import type { Database } from "./database.ts";
import { anchors, images } from "./schema.ts";
import type { CollectionRecord } from "./types.ts";

/** Finds the ids, among `ids`, of anchors that have an image. */
export const idsWithImages = async (
  database: Database,
  { key }: CollectionRecord,
  ids: readonly AnchorId[],
): Promise<Set<AnchorId>> => {
  if (ids.length === 0) return new Set();
  const rows = await database.query((queries) =>
    queries
      .select({ id: anchors.id })
      .from(anchors)
      .innerJoin(images, eq(images.anchorKey, anchors.key))
      .where(and(eq(anchors.collection, key), sql`${anchors.id} = ANY(${sql.param(ids)}::text[])`)),
  );
  return new Set(rows.map(({ id }) => id));
};

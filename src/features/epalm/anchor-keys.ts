import { and, eq, isNotNull, sql } from "drizzle-orm";
import type { AnchorId } from "../../types.ts";
import { anchors, images } from "../../store/schema.ts";
import type { CollectionRecord, Database } from "../../store/index.ts";

/** The current row of an anchor. */
export interface AnchorKey {
  /** Changes whenever the anchor is written. */
  readonly key: number;
  readonly id: AnchorId;
  readonly hasImage: boolean;
}

/** Finds the existing anchors among `ids`, or all anchors with an image; in id order. */
export const anchorKeys = async (
  database: Database,
  { key }: CollectionRecord,
  which: readonly AnchorId[] | "with images",
): Promise<readonly AnchorKey[]> => {
  const wanted =
    which === "with images"
      ? isNotNull(images.anchorKey)
      : sql`${anchors.id} = ANY(${sql.param(which)}::text[])`;
  return database.query((queries) =>
    queries
      .select({
        key: anchors.key,
        id: anchors.id,
        hasImage: sql<boolean>`${isNotNull(images.anchorKey)}`,
      })
      .from(anchors)
      .leftJoin(images, eq(images.anchorKey, anchors.key))
      .where(and(eq(anchors.collection, key), wanted))
      .orderBy(anchors.id),
  );
};

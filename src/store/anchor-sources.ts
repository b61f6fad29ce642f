import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { AnchorContent, ContentState } from "../api/anchor-comparison.ts";
import type { AnchorSource } from "../api/anchors.ts";
import type { AnchorId } from "../types.ts";
import { hashOfCaption, hashOfMetadata } from "./content-hashes.ts";
import type { Database } from "./database.ts";
import { anchors } from "./schema.ts";
import type { AnchorWrite, CollectionRecord } from "./types.ts";

/**
 * Compares contents with the anchors that are stored under the same ids.
 *
 * - `absent`: no anchor has the id.
 * - `same`: nothing that was given differs. What the anchor was stored without (its image's hash, before version 0.2)
 *   counts as equal.
 * - `changed`: something differs, and the anchor comes from the same source or has none.
 * - `clash`: something differs, and the anchor comes from another source.
 *
 * @returns the state of each content, in order
 */
export const compareContents = async (
  database: Database,
  collection: CollectionRecord,
  contents: readonly AnchorContent[],
): Promise<ContentState[]> => {
  const ids = [...new Set(contents.map(({ id }) => id))];
  if (ids.length === 0) return [];
  const rows = await database.query((queries) =>
    queries
      .select({
        id: anchors.id,
        source: anchors.source,
        sourceName: anchors.sourceName,
        imageHash: anchors.imageHash,
        captionHash: anchors.captionHash,
        metadataHash: anchors.metadataHash,
        caption: sql<string | null>`CASE WHEN ${anchors.metadataHash} IS NULL THEN ${anchors.caption} END`,
        metadata: sql<
          typeof anchors.$inferSelect.metadata | null
        >`CASE WHEN ${anchors.metadataHash} IS NULL THEN ${anchors.metadata} END`,
      })
      .from(anchors)
      .where(
        and(eq(anchors.collection, collection.key), sql`${anchors.id} = ANY(${sql.param(ids)}::text[])`),
      ),
  );
  const stored = new Map(
    rows.map(({ caption, metadata, ...row }) => [
      row.id,
      // A row of an earlier version has no hashes.
      metadata === null
        ? row
        : { ...row, captionHash: hashOfCaption(caption), metadataHash: hashOfMetadata(metadata) },
    ]),
  );
  return contents.map((content) => {
    const row = stored.get(content.id);
    return row === undefined ? { id: content.id, state: "absent", differs: [] } : stateOf(content, row);
  });
};

type StoredHashes = Pick<
  typeof anchors.$inferSelect,
  "source" | "sourceName" | "imageHash" | "captionHash" | "metadataHash"
>;

/** Finds what a write keeps beside the content of an anchor: where it comes from, and the hash of its image's file. */
export const findOrigin = async (
  database: Database,
  { key }: CollectionRecord,
  id: AnchorId,
): Promise<Pick<AnchorWrite, "source" | "imageHash">> => {
  const [row] = await database.query((queries) =>
    queries
      .select({ container: anchors.source, name: anchors.sourceName, imageHash: anchors.imageHash })
      .from(anchors)
      .where(and(eq(anchors.collection, key), eq(anchors.id, id))),
  );
  if (row === undefined) return {};
  const { container, name, imageHash } = row;
  return {
    ...(container === null || name === null ? {} : { source: { container, name } }),
    ...(imageHash === null ? {} : { imageHash }),
  };
};

const stateOf = (content: AnchorContent, stored: StoredHashes): ContentState => {
  const { id, source, imageSha256, text, metadata } = content;
  const differs: ContentState["differs"][number][] = [];
  if (imageSha256 !== undefined && stored.imageHash !== null) {
    if (Buffer.compare(Buffer.from(imageSha256, "hex"), stored.imageHash) !== 0) differs.push("image");
  }
  if (text !== undefined && !equal(hashOfCaption(text), stored.captionHash)) differs.push("text");
  if (metadata !== undefined && !equal(hashOfMetadata(metadata), stored.metadataHash)) {
    differs.push("metadata");
  }
  if (differs.length === 0) return { id, state: "same", differs };
  return { id, state: isOther(source, stored) ? "clash" : "changed", differs };
};

const isOther = (source: AnchorSource | undefined, stored: StoredHashes): boolean =>
  source !== undefined &&
  stored.source !== null &&
  (source.container !== stored.source || source.name !== stored.sourceName);

const equal = (one: Uint8Array | null, other: Uint8Array | null): boolean =>
  one === null || other === null ? one === other : Buffer.compare(one, other) === 0;

/** Lists the ids of the anchors that come from `container`, in id order, those after `after`. */
export const listIdsFrom = async (
  database: Database,
  { key }: CollectionRecord,
  container: string,
  { after, limit }: { readonly after: AnchorId | null; readonly limit: number },
): Promise<AnchorId[]> => {
  const later = after === null ? undefined : gt(anchors.id, after);
  const rows = await database.query((queries) =>
    queries
      .select({ id: anchors.id })
      .from(anchors)
      .where(and(eq(anchors.collection, key), eq(anchors.source, container), later))
      .orderBy(asc(anchors.id))
      .limit(limit),
  );
  return rows.map(({ id }) => id);
};

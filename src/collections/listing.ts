import type { AnchorPage, ListQuery, StoredAnchor } from "../api/anchors.ts";
import type { Filter } from "../api/filter.ts";
import { PAGE_SIZE } from "../api/values.ts";
import { invalidField } from "../errors.ts";
import { compareIds } from "../math/order.ts";
import {
  type AnchorRecord,
  type AnchorWithVectors,
  type Store,
  listAnchors,
  findAnchors,
} from "../store/index.ts";
import type { AnchorId } from "../types.ts";
import { compileFilter } from "./filter.ts";
import type { OpenCollection } from "./memory.ts";

/** One page of a collection's anchors, in id order. */
export const listPage = async (
  store: Store,
  collection: OpenCollection,
  { limit = PAGE_SIZE, cursor, filter, vectors = false }: ListQuery,
): Promise<AnchorPage> => {
  const after = cursor === undefined ? null : decodeCursor(cursor);
  // One more than asked for tells whether there is a next page.
  const wanted = limit + 1;
  const records =
    filter === undefined
      ? await listAnchors(store, collection.record, { after, limit: wanted })
      : inIdOrder(await findAnchors(store, collection.record, matching(collection, filter, after, wanted)));
  const page = records.slice(0, limit);
  const last = page.at(-1);
  return {
    anchors: vectors
      ? inIdOrder(
          await findAnchors(
            store,
            collection.record,
            page.map((anchor) => anchor.id),
          ),
        ).map(detailWithVectors)
      : page.map(detail),
    nextCursor: records.length > limit && last !== undefined ? encodeCursor(last.id) : null,
  };
};

export const detail = ({ id, caption, metadata, hasImage, sequence }: AnchorRecord): StoredAnchor => ({
  id,
  text: caption,
  metadata,
  hasImage,
  sequence,
});

export const detailWithVectors = (anchor: AnchorWithVectors): StoredAnchor => ({
  ...detail(anchor),
  imageVector: Array.from(anchor.imageVector),
  textVector: Array.from(anchor.textVector),
});

/** Ids of the anchors for which `filter` holds, in id order, after `after`, at most `limit`. */
export const matching = (
  { space }: OpenCollection,
  filter: Filter,
  after: AnchorId | null,
  limit: number,
): AnchorId[] => {
  const holds = compileFilter(filter);
  const view = space.view();
  const found: AnchorId[] = [];
  for (const slot of view.liveSlots()) {
    if (found.length >= limit) break;
    const { id, metadata } = view.entry(slot);
    if ((after === null || compareIds(id, after) > 0) && holds(metadata)) found.push(id);
  }
  return found;
};

const inIdOrder = <T extends AnchorRecord>(anchors: readonly T[]): T[] =>
  anchors.toSorted((a, b) => compareIds(a.id, b.id));

const encodeCursor = (id: AnchorId): string => Buffer.from(id).toString("base64url");

const decodeCursor = (cursor: string): AnchorId => {
  const id = Buffer.from(cursor, "base64url").toString();
  if (encodeCursor(id as AnchorId) !== cursor)
    throw invalidField(["cursor"], "is not one that a listing gave out");
  return id as AnchorId;
};

import type { AnchorPage, ListQuery, StoredAnchor } from "../api/anchors.ts";
import type { Filter } from "../api/filter.ts";
import { PAGE_SIZE } from "../api/values.ts";
import type { GivenVector } from "../api/values.ts";
import { invalidField } from "../errors.ts";
import { compareIds } from "../math/order.ts";
import { createTurns } from "../math/slices.ts";
import type { AnchorView } from "../retrieval/index.ts";
import {
  type AnchorRecord,
  type AnchorWithVectors,
  type Store,
  listAnchors,
  findAnchors,
  toBase64,
} from "../store/index.ts";
import type { AnchorId, Metadata } from "../types.ts";
import { compileFilter } from "./filter.ts";
import type { OpenCollection } from "./memory.ts";

/** Numbers of the vectors on one page. */
const MAX_PAGE_NUMBERS = 2_000_000;

/** One page of a collection's anchors, in id order. */
export const listPage = async (
  store: Store,
  collection: OpenCollection,
  { limit: wantedLimit = PAGE_SIZE, cursor, filter, vectors = false }: ListQuery,
): Promise<AnchorPage> => {
  const limit = vectors !== false ? Math.min(wantedLimit, pageWithVectors(collection)) : wantedLimit;
  const after = cursor === undefined ? null : decodeCursor(cursor);
  // One more than the limit shows whether there is a next page.
  const wanted = limit + 1;
  const records =
    filter === undefined
      ? await listAnchors(store, collection.record, { after, limit: wanted })
      : await findMatching(store, collection, filter, after, wanted);
  const page = records.slice(0, limit);
  const last = page.at(-1);
  return {
    anchors:
      vectors === false ? page.map(detail) : await detailsWithVectors(store, collection, page, vectors),
    nextCursor: records.length > limit && last !== undefined ? encodeCursor(last.id) : null,
  };
};

const detailsWithVectors = async (
  store: Store,
  { record }: OpenCollection,
  page: readonly AnchorRecord[],
  form: true | "base64",
): Promise<StoredAnchor[]> => {
  // One query, so that all vectors are by the same encoders.
  const found = await findAnchors(
    store,
    record,
    page.map(({ id }) => id),
  );
  const details: StoredAnchor[] = [];
  const turn = createTurns();
  for (const anchor of inIdOrder(found)) {
    await turn();
    details.push(detailWithVectors(anchor, form));
  }
  return details;
};

/** A page of vectors of many dimensions has fewer anchors than the limit. */
const pageWithVectors = ({ record: { imageEncoder, textEncoder } }: OpenCollection): number =>
  Math.max(1, Math.floor(MAX_PAGE_NUMBERS / (imageEncoder.dimension + textEncoder.dimension)));

/**
 * Finds up to `wanted` matching anchors after an id, in id order. Memory says which may match; those that were deleted or
 * replaced since are looked at as Postgres has them, and others take their place until the candidates end.
 */
const findMatching = async (
  store: Store,
  { record, space }: OpenCollection,
  filter: Filter,
  after: AnchorId | null,
  wanted: number,
): Promise<AnchorRecord[]> => {
  const holds = compileFilter(filter);
  const candidates = matchingAfter(space.view(), holds, after);
  const found: AnchorRecord[] = [];
  for (let isOver = false; !isOver && found.length < wanted;) {
    const ids: AnchorId[] = [];
    while (!isOver && ids.length < wanted - found.length) {
      const next = await candidates.next();
      if (next.done === true) isOver = true;
      else ids.push(next.value);
    }
    const present = inIdOrder(await findAnchors(store, record, ids));
    found.push(...present.filter(({ metadata }) => holds(metadata)));
  }
  return found;
};

/** The ids of matching anchors after an id, in id order; found in slices. */
async function* matchingAfter(
  view: AnchorView,
  holds: (metadata: Metadata) => boolean,
  after: AnchorId | null,
): AsyncGenerator<AnchorId, void> {
  const slots = view.liveSlots();
  const turn = createTurns();
  for (let i = after === null ? 0 : placeAfter(view, slots, after); i < slots.length; i++) {
    await turn();
    const { id, metadata } = view.entry(slots[i] ?? 0);
    if (holds(metadata)) yield id;
  }
}

/** The first place in `slots`, which are in id order, of an id after `after`. */
const placeAfter = (view: AnchorView, slots: Int32Array, after: AnchorId): number => {
  let low = 0;
  for (let high = slots.length; low < high;) {
    const middle = (low + high) >>> 1;
    if (compareIds(view.entry(slots[middle] ?? 0).id, after) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
};

/** Ids of all anchors in memory for which `filter` holds, in id order. */
export const matching = async ({ space }: OpenCollection, filter: Filter): Promise<AnchorId[]> => {
  const ids: AnchorId[] = [];
  for await (const id of matchingAfter(space.view(), compileFilter(filter), null)) ids.push(id);
  return ids;
};

export const detail = ({ id, caption, metadata, hasImage, sequence }: AnchorRecord): StoredAnchor => ({
  id,
  text: caption,
  metadata,
  hasImage,
  sequence,
});

/** @param form how vectors are written: `true` as numbers */
export const detailWithVectors = (anchor: AnchorWithVectors, form: true | "base64"): StoredAnchor => {
  const write = (vector: Float32Array): GivenVector =>
    form === "base64" ? toBase64(vector) : Array.from(vector);
  return {
    ...detail(anchor),
    imageVector: write(anchor.imageVector),
    textVector: write(anchor.textVector),
  };
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

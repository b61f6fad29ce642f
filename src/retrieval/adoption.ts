import { crc32 } from "node:zlib";
import type { AnchorId, Modality, Sequence, TransformKind } from "../types.ts";
import type { Drift } from "../api/indexes.ts";
import { STALE_SHARE } from "./fit-keeper.ts";
import type { BuiltFit } from "./lens-types.ts";
import type { NeighbourGraph } from "./neighbour-graph.ts";
import type { KeptLists } from "./partitions/lists-file.ts";
import type { GraphProfile } from "./profile.ts";
import type { RecallCurve } from "./recall.ts";
import type { AnchorView, Slot } from "./types.ts";

/** Number of rows compared between two turns of the event loop. */
const ROWS_AT_ONCE = 1_024;

/** The anchors whose vectors a built index contains, by label. */
export interface BuiltAnchors {
  readonly ids: readonly AnchorId[];
  /** The CRC-32 of each vector in memory: float32 of norm 1, before any transform. */
  readonly sums: Readonly<Record<Modality, Uint32Array>>;
}

/** A graph that was built elsewhere; its labels are row numbers. */
export interface BuiltGraph {
  readonly profile: GraphProfile;
  readonly graph: NeighbourGraph;
  /** The measured recall of the graph; null if it was not measured. */
  readonly curve: RecallCurve | null;
}

/** One modality's fit, with a graph over the transformed vectors or lists of them. */
export type BuiltModality = BuiltFit & { readonly kind: TransformKind } & (
    BuiltGraph | { readonly lists: KeptLists }
  );

/** The indexes of both modalities with their fits, read from the files of `build-index`. */
export interface BuiltIndex {
  readonly sequence: Sequence;
  readonly anchors: BuiltAnchors;
  readonly modalities: Readonly<Record<Modality, BuiltModality>>;
}

/** Where the vectors of a built index are in memory. */
export interface Matched extends Drift {
  /** The slot of each label; -1 if its anchor no longer exists. */
  readonly slots: Int32Array;
  /** Live slots without a label. */
  readonly missing: readonly Slot[];
}

/**
 * Finds each vector of a built index in memory, by the anchor's id and a bit-for-bit equal vector. So no list of
 * changes needs to be trusted, and an index with another history can be used as far as its vectors are the same.
 */
export const matchAnchors = async (
  view: AnchorView,
  { ids, sums }: BuiltAnchors,
  modality: Modality,
): Promise<Matched> => {
  const slots = new Int32Array(ids.length).fill(-1);
  const known = new Uint8Array(view.slotCount);
  let gone = 0;
  for (let first = 0; first < ids.length; first += ROWS_AT_ONCE) {
    const last = Math.min(ids.length, first + ROWS_AT_ONCE);
    for (let label = first; label < last; label++) {
      const id = ids[label];
      const slot = id === undefined ? undefined : view.slotOf(id);
      if (slot === undefined || sumOf(view.vectors(modality, [slot])) !== sums[modality][label]) gone++;
      else {
        slots[label] = slot;
        known[slot] = 1;
      }
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  const missing: Slot[] = [];
  for (let slot = 0; slot < view.slotCount; slot++)
    if (view.isLive(slot) && known[slot] !== 1) missing.push(slot);
  return { slots, missing, gone, added: missing.length };
};

/** Lists of row numbers as lists of slots; slots that they lack are to be found a list. */
export const listsBySlot = ({ lists, curve }: KeptLists, slots: Int32Array, slotCount: number): KeptLists => {
  const listOf = new Int32Array(slotCount).fill(-1);
  slots.forEach((slot, row) => {
    if (slot >= 0) listOf[slot] = lists.listOf[row] ?? -1;
  });
  return { lists: { ...lists, listOf }, curve };
};

/** The CRC-32 of a vector's bytes. */
export const sumOf = ({ buffer, byteOffset, byteLength }: Float32Array): number =>
  crc32(new Uint8Array(buffer, byteOffset, byteLength));

/**
 * Why an index cannot be used after this drift, as the end of a sentence; null if it can. A fit with traces of
 * deleted anchors would be replaced at once, and the graph with it.
 *
 * @param built number of vectors in the index
 */
export const whyOutdated = (kind: TransformKind, built: number, { gone, added }: Drift): string | null => {
  if (kind !== "none" && gone > 0)
    return `anchors that its ${kind} transform was fitted on were deleted or replaced since (${gone})`;
  if (kind !== "none" && added > STALE_SHARE * built)
    return `its ${kind} transform was fitted on ${built} anchors, and ${added} were added since`;
  if (gone + added > built / 2)
    return `${gone} of its ${built} anchors were deleted or replaced since, and ${added} were added`;
  return null;
};

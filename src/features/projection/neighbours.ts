import type { AnchorView, Look, Slot } from "../../retrieval/index.ts";
import { chordOf, type NeighbourRows } from "./place.ts";

/** Anchors whose neighbours are searched between two looks at the signal. */
const CHUNK = 256;

/** Anchors among which others have their places. */
export interface Ground {
  readonly slots: Int32Array;
  /** The position of each slot in `slots`; -1 for those that are not in it. */
  readonly positions: Int32Array;
  /** One byte a slot, 1 for those in it. */
  readonly allow: Uint8Array;
}

export const groundOf = (view: AnchorView, slots: Int32Array): Ground => {
  const positions = new Int32Array(view.slotCount).fill(-1);
  const allow = new Uint8Array(view.slotCount);
  slots.forEach((slot, position) => {
    positions[slot] = position;
    allow[slot] = 1;
  });
  return { slots, positions, allow };
};

export interface SearchOptions {
  /** Called with the number of anchors that are done. */
  readonly onDone?: (done: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * The exact nearest neighbours of anchors among those of a ground, without the anchors themselves.
 *
 * @param k at most this many for each
 */
export const neighboursIn = async (
  look: Look,
  slots: Int32Array,
  { allow, positions }: Ground,
  k: number,
  { onDone, signal }: SearchOptions = {},
): Promise<NeighbourRows> => {
  const counts = new Int32Array(slots.length);
  const indices = new Int32Array(slots.length * k);
  const distances = new Float32Array(slots.length * k);
  for (let first = 0; first < slots.length; first += CHUNK) {
    const some = slots.subarray(first, first + CHUNK);
    const found = await look.search(look.rows(some), { k: k + 1, allow });
    signal?.throwIfAborted();
    some.forEach((self: Slot, i) => {
      const row = first + i;
      for (let at = 0; at < (found.counts[i] ?? 0) && (counts[row] ?? 0) < k; at++) {
        const slot = found.slots[i * found.width + at] ?? -1;
        if (slot === self) continue;
        const to = row * k + (counts[row] ?? 0);
        indices[to] = positions[slot] ?? -1;
        distances[to] = chordOf(found.scores[i * found.width + at] ?? 0);
        counts[row] = (counts[row] ?? 0) + 1;
      }
    });
    onDone?.(Math.min(slots.length, first + CHUNK));
  }
  return { width: k, counts, indices, distances };
};

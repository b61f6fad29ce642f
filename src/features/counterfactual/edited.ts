import { compareIds } from "../../math/order.ts";
import {
  countOnes,
  createFlatIndex,
  emptyNeighbours,
  type AnchorEntry,
  type Look,
  type Neighbours,
  type VectorIndex,
} from "../../retrieval/index.ts";
import { powersOf, represent, type Powers, type ValueSettings } from "../../asif/relative.ts";
import type { RelativeRepresentations } from "../../asif/types.ts";

/** The nearest anchors of some queries, with spare ones that replace removed anchors. */
export interface RankedNeighbours {
  /** Number of neighbours of each row that are used. */
  readonly k: number;
  readonly neighbours: Neighbours;
  readonly powers: Powers;
  /** Whether the rows contain every anchor that may be found. */
  readonly complete: boolean;
}

/** Anchors to remove and to add. */
export interface Edit {
  /** One byte per slot: 1 if the anchor is removed. */
  readonly without: Uint8Array;
  /** The remaining anchors that may be found. */
  readonly left: Uint8Array;
  readonly slotCount: number;
  /** Added anchors, transformed, at the slots from `slotCount` on; absent: none. */
  readonly added?: VectorIndex;
}

/** @param spare number of neighbours to find beyond k */
export const rankNeighbours = async (
  look: Look,
  transformed: Float32Array,
  allow: Uint8Array,
  settings: ValueSettings & { readonly k: number },
  spare: number,
): Promise<RankedNeighbours> => {
  const { k } = settings;
  const neighbours = await look.search(transformed, { k: k + spare, allow });
  const complete = neighbours.width >= countOnes(allow);
  return { k, neighbours, powers: powersOf(neighbours, settings, k), complete };
};

/** The same neighbours with powers by other settings. */
export const withPowers = (ranked: RankedNeighbours, settings: ValueSettings): RankedNeighbours => ({
  ...ranked,
  powers: powersOf(ranked.neighbours, settings, ranked.k),
});

/** The representations by the k nearest anchors, without an edit. */
export const asRanked = (
  { k, neighbours, powers }: RankedNeighbours,
  settings: ValueSettings,
): RelativeRepresentations => {
  const counts = neighbours.counts.map((count) => Math.min(count, k));
  return represent({ ...neighbours, counts }, settings, powers);
};

/** Creates an index of added anchors. `transformed` is `[entries.length, d]`, vectors after the transform. */
export const indexAdded = (
  entries: readonly AnchorEntry[],
  transformed: Float32Array,
): VectorIndex | undefined => {
  if (entries.length === 0) return undefined;
  const compare = (a: number, b: number): number => compareIds(entries[a]?.id ?? "", entries[b]?.id ?? "");
  const index = createFlatIndex({ dimension: transformed.length / entries.length, compare });
  index.add(0, transformed);
  return index;
};

/**
 * The representations after an edit, bit for bit as if it had been made. Only rows that lose more neighbours than
 * they have spare ones are searched again.
 *
 * @param transformed the queries that were ranked
 */
export const asEdited = async (
  look: Look,
  transformed: Float32Array,
  ranked: RankedNeighbours,
  { without, left, slotCount, added }: Edit,
  settings: ValueSettings,
  idOf: (slot: number) => string,
): Promise<RelativeRepresentations> => {
  const { k, neighbours: wide, powers: wideTo } = ranked;
  const rows = wide.counts.length;
  const neighbours = emptyNeighbours(rows, Math.min(k, wide.width));
  const powers = { largest: wideTo.largest.slice(), values: new Float64Array(neighbours.scores.length) };
  const short: number[] = [];
  for (let row = 0; row < rows; row++) {
    const to = row * neighbours.width;
    let kept = 0;
    const end = row * wide.width + (wide.counts[row] ?? 0);
    for (let i = row * wide.width; i < end && kept < k; i++) {
      const slot = wide.slots[i] ?? 0;
      if (without[slot] === 1) continue;
      neighbours.slots[to + kept] = slot;
      neighbours.scores[to + kept] = wide.scores[i] ?? 0;
      powers.values[to + kept] = wideTo.values[i] ?? NaN;
      kept++;
    }
    neighbours.counts[row] = kept;
    if (kept < k && !ranked.complete) short.push(row);
  }
  if (short.length > 0) {
    const d = transformed.length / rows;
    const again = new Float32Array(short.length * d);
    short.forEach((row, i) => again.set(transformed.subarray(row * d, (row + 1) * d), i * d));
    const found = await look.search(again, { k, allow: left });
    short.forEach((row, i) => {
      const [to, from, count] = [row * neighbours.width, i * found.width, found.counts[i] ?? 0];
      neighbours.slots.set(found.slots.subarray(from, from + count), to);
      neighbours.scores.set(found.scores.subarray(from, from + count), to);
      neighbours.counts[row] = count;
      powers.largest[row] = NaN;
    });
  }
  if (added === undefined) return represent(neighbours, settings, powers);
  const come = await added.search(transformed, { k });
  const both = merged({ neighbours, powers }, come, k, slotCount, idOf);
  return represent(both.neighbours, settings, both.powers);
};

/** Merges the rows of two sets of anchors: best first, ties by id. */
const merged = (
  stay: { readonly neighbours: Neighbours; readonly powers: Powers },
  come: Neighbours,
  k: number,
  slotCount: number,
  idOf: (slot: number) => string,
): { neighbours: Neighbours; powers: Powers } => {
  const { neighbours: old, powers } = stay;
  const rows = old.counts.length;
  const neighbours = emptyNeighbours(rows, Math.min(k, old.width + come.width));
  const values = new Float64Array(neighbours.scores.length).fill(NaN);
  for (let row = 0; row < rows; row++) {
    let [a, b, filled] = [row * old.width, row * come.width, 0];
    const [endA, endB] = [a + (old.counts[row] ?? 0), b + (come.counts[row] ?? 0)];
    for (let to = row * neighbours.width; filled < k && (a < endA || b < endB); to++, filled++) {
      const [scoreA, scoreB] = [old.scores[a] ?? 0, come.scores[b] ?? 0];
      const slotB = slotCount + (come.slots[b] ?? 0);
      const tied = (): boolean => compareIds(idOf(old.slots[a] ?? 0), idOf(slotB)) < 0;
      if (b >= endB || (a < endA && (scoreA > scoreB || (scoreA === scoreB && tied())))) {
        neighbours.slots[to] = old.slots[a] ?? 0;
        neighbours.scores[to] = scoreA;
        values[to] = powers.values[a] ?? NaN;
        a++;
      } else {
        neighbours.slots[to] = slotB;
        neighbours.scores[to] = scoreB;
        b++;
      }
    }
    neighbours.counts[row] = filled;
  }
  return { neighbours, powers: { largest: powers.largest, values } };
};

import type { SearchPlan } from "../api/indexes.ts";
import type { AnchorView, Neighbours } from "../retrieval/index.ts";
import type { Modality, Negatives } from "../types.ts";
import { createSlices } from "../math/slices.ts";
import type { AsifSettings, RelativeRepresentations, SparseRows } from "./types.ts";

/** How similarities become values. */
export type ValueSettings = Pick<AsifSettings, "p" | "negatives">;

/**
 * Relative representations (ASIF, arXiv 2210.01738, section 2): the similarities of each query to its k most similar
 * anchors, to the power p, normalised to L2 norm 1.
 *
 * With `negatives: "cut"` similarities below 0 become 0 before the power, as in the zero-shot classifier of the
 * paper's code. With `"keep"` the power keeps the sign, `sign(s) |s|^p`, so that an even power does not turn an
 * opposite anchor into a near one. The two differ only if fewer than k anchors have a positive similarity.
 *
 * @param queries `[b, d]` row-major raw vectors of that modality; they need not be normalised
 * @returns rows in the order of the queries; empty if there are no anchors or none is similar
 * @example
 * ```ts
 * const settings = { k: 800, p: 8, negatives: "cut", transform: "none" } as const;
 * const { representations } = await relativeRepresentations(view, "image", vectors, settings);
 * ```
 */
export const relativeRepresentations = async (
  view: AnchorView,
  modality: Modality,
  queries: Float32Array,
  settings: AsifSettings,
): Promise<{ representations: RelativeRepresentations; plan: SearchPlan }> => {
  const { neighbours, plan } = await view.search(modality, queries, settings);
  return { representations: represent(neighbours, settings), plan };
};

/** Precomputed powers of similarities, each divided by its row's largest. */
export interface Powers {
  /** The result of {@link largestOf}; powers computed with another value cannot be reused. */
  readonly largest: Float64Array;
  /** Laid out like the neighbours' scores; NaN for a value that was not computed. */
  readonly values: Float64Array;
}

/** The powers of all of `neighbours`, divided by the largest of each row's first `k`. */
export const powersOf = (
  { counts, width, scores }: Neighbours,
  { p, negatives }: ValueSettings,
  k: number,
): Powers => {
  const largest = new Float64Array(counts.length);
  const values = new Float64Array(scores.length);
  counts.forEach((count, row) => {
    const from = row * width;
    const most = largestOf(scores, from, from + Math.min(count, k), negatives);
    largest[row] = most;
    for (let i = from; i < from + count; i++) values[i] = power(scores[i] ?? 0, most, p, negatives);
  });
  return { largest, values };
};

/** The largest of some scores (by absolute value if negative ones are kept); 0 if there is none. */
export const largestOf = (
  scores: Float32Array,
  from: number,
  to: number,
  negatives: Negatives = "cut",
): number => {
  let largest = 0;
  if (negatives === "cut") for (let i = from; i < to; i++) largest = Math.max(largest, scores[i] ?? 0);
  else for (let i = from; i < to; i++) largest = Math.max(largest, Math.abs(scores[i] ?? 0));
  return largest;
};

/** A score's power. The score is divided by the largest first, so that a large p does not underflow. */
export const power = (score: number, largest: number, p: number, negatives: Negatives = "cut"): number => {
  if (score < 0 && negatives === "cut") return 0;
  const ratio = score / (largest || 1);
  const raised = Number.isInteger(p) ? bySquaring(Math.abs(ratio), p) : Math.abs(ratio) ** p;
  return Math.sign(ratio) * raised;
};

/** An integer power, several times as fast as `Math.pow`. */
const bySquaring = (base: number, exponent: number): number => {
  let [result, square] = [1, base];
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= square;
    square *= square;
  }
  return result;
};

/**
 * The rows of `neighbours` as relative representations, without anchors whose value is zero.
 *
 * @param known precomputed powers; the result is bit for bit the same without them
 */
export const represent = (
  neighbours: Neighbours,
  { p, negatives }: ValueSettings,
  known?: Powers,
): RelativeRepresentations => {
  const { counts, width, slots: found, scores } = neighbours;
  const rows = counts.length;
  const offsets = new Int32Array(rows + 1);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const slots = new Int32Array(total);
  const values = new Float64Array(total);
  const similarities = new Float32Array(total);
  let filled = 0;
  for (let row = 0; row < rows; row++) {
    const first = filled;
    const from = row * width;
    const to = from + (counts[row] ?? 0);
    const largest = largestOf(scores, from, to, negatives);
    const before = known?.largest[row] === largest ? known.values : undefined;
    let squares = 0;
    for (let i = from; i < to; i++) {
      let value = before?.[i] ?? NaN;
      if (Number.isNaN(value)) value = power(scores[i] ?? 0, largest, p, negatives);
      if (value === 0) continue;
      slots[filled] = found[i] ?? 0;
      similarities[filled] = scores[i] ?? 0;
      values[filled] = value;
      squares += value * value;
      filled++;
    }
    const scale = squares === 0 ? 0 : 1 / Math.sqrt(squares);
    for (let i = first; i < filled; i++) values[i] = (values[i] ?? 0) * scale;
    offsets[row + 1] = filled;
  }
  return {
    count: rows,
    offsets,
    slots: slots.subarray(0, filled),
    values: values.subarray(0, filled),
    similarities: similarities.subarray(0, filled),
  };
};

/** A sum with a norm below this, per unit row, is rounding. */
const VANISHED = 1e-12;

/**
 * The mean of groups of rows, normalised again: the representation of a class by all its prompts. The similarity of
 * an entry is the largest over the prompts that contain the anchor. Entries are in no particular order. The row is
 * empty if the rows cancel each other.
 *
 * @param sizes number of consecutive rows in each group
 */
export const meanRepresentations = (
  rows: RelativeRepresentations,
  sizes: readonly number[],
  slotCount: number,
): RelativeRepresentations => {
  const { placeOf, ...means } = sumGroups(rows, sizes, slotCount, (sum, group) => {
    const norm = Math.sqrt(sum.reduce((squares, value) => squares + value * value, 0));
    // Rows that cancel each other leave only rounding, which must not be scaled to norm 1.
    return norm > VANISHED * (sizes[group] ?? 0) ? 1 / norm : 0;
  });
  const similarities = new Float32Array(means.slots.length).fill(-Infinity);
  placeOf.forEach((place, i) => {
    if (place >= 0) similarities[place] = Math.max(similarities[place] ?? 0, rows.similarities[i] ?? 0);
  });
  return { ...means, similarities };
};

/**
 * One row for each class: of several prompts, the last of which is all others joined, `unit(r_joined + unit(mean r_i))`;
 * the whole and its parts count alike.
 *
 * @param sizes number of consecutive rows of each class, with the joined one
 */
export const sumUpRepresentations = (
  rows: RelativeRepresentations,
  sizes: readonly number[],
  slotCount: number,
): RelativeRepresentations => {
  const parts = sizes.flatMap((size) => (size > 1 ? [size - 1, 1] : [size]));
  const pairs = sizes.map((size) => Math.min(size, 2));
  return meanRepresentations(meanRepresentations(rows, parts, slotCount), pairs, slotCount);
};

/**
 * Sums groups of consecutive rows, one entry for each slot of a group, and scales each sum.
 *
 * @param sizes number of rows in each group
 * @param scaleOf what a group's sum is multiplied by; the row of a group that is scaled by 0 is empty
 * @returns with the place of each entry's slot in its group's row; -1 for groups that are empty
 */
export const sumGroups = (
  rows: SparseRows,
  sizes: readonly number[],
  slotCount: number,
  scaleOf: (sum: Float64Array, group: number) => number,
): SparseRows & { readonly placeOf: Int32Array } => {
  const slots = new Int32Array(rows.slots.length);
  const values = new Float64Array(rows.slots.length);
  const placeOf = new Int32Array(rows.slots.length).fill(-1);
  const offsets = new Int32Array(sizes.length + 1);
  // Place of a slot's entry. Places before the first entry of the current group are stale.
  const places = new Int32Array(slotCount).fill(-1);
  let [row, filled] = [0, 0];
  sizes.forEach((size, group) => {
    const first = filled;
    const [from, to] = [rows.offsets[row] ?? 0, rows.offsets[row + size] ?? 0];
    for (let i = from; i < to; i++) {
      const slot = rows.slots[i] ?? 0;
      let place = places[slot] ?? -1;
      if (place < first) {
        place = filled++;
        places[slot] = place;
        slots[place] = slot;
      }
      placeOf[i] = place;
      values[place] = (values[place] ?? 0) + (rows.values[i] ?? 0);
    }
    const scale = scaleOf(values.subarray(first, filled), group);
    if (scale === 0) {
      for (let place = first; place < filled; place++) places[slots[place] ?? 0] = -1;
      values.fill(0, first, filled);
      placeOf.fill(-1, from, to);
      filled = first;
    }
    for (let place = first; place < filled; place++) values[place] = scale * (values[place] ?? 0);
    offsets[group + 1] = filled;
    row += size;
  });
  return {
    count: sizes.length,
    offsets,
    slots: slots.subarray(0, filled),
    values: values.subarray(0, filled),
    placeOf,
  };
};

/**
 * Inner products of sparse rows, one left row at a time: `onRow` receives the scores of left row i with every right
 * row, in float64, in an array that is reused for the next row. They are cosines, in [-1, 1] up to rounding.
 */
export const scoreRows = async (
  left: SparseRows,
  right: SparseRows,
  slotCount: number,
  onRow: (row: number, scores: Float64Array) => void,
): Promise<void> => {
  const scores = new Float64Array(right.count);
  const spread = new Float64Array(slotCount);
  const slices = createSlices();
  for (let i = 0; i < left.count; i++) {
    scoreRow(left, i, right, spread, scores);
    onRow(i, scores);
    if (slices.due()) await slices.rest();
  }
};

/**
 * The inner products of one sparse row with every right row. The left row is scattered over all slots once, so that the
 * cost of a right row is its number of entries.
 *
 * @param spread a zero for every slot, and so again afterwards
 */
export const scoreRow = (
  left: SparseRows,
  row: number,
  right: SparseRows,
  spread: Float64Array,
  into: Float64Array,
): void => {
  const [from, to] = [left.offsets[row] ?? 0, left.offsets[row + 1] ?? 0];
  const { offsets, slots, values } = right;
  for (let at = from; at < to; at++) spread[left.slots[at] ?? 0] = left.values[at] ?? 0;
  for (let j = 0; j < right.count; j++) {
    let sum = 0;
    const end = offsets[j + 1] ?? 0;
    for (let at = offsets[j] ?? 0; at < end; at++) sum += (values[at] ?? 0) * (spread[slots[at] ?? 0] ?? 0);
    into[j] = sum;
  }
  for (let at = from; at < to; at++) spread[left.slots[at] ?? 0] = 0;
};

/** All inner products, `[left.count, right.count]` row-major. */
export const scoreAll = async (
  left: SparseRows,
  right: SparseRows,
  slotCount: number,
): Promise<Float64Array> => {
  const all = new Float64Array(left.count * right.count);
  await scoreRows(left, right, slotCount, (row, scores) => all.set(scores, row * right.count));
  return all;
};

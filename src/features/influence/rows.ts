import type { Neighbours } from "../../retrieval/index.ts";
import { largestOf, power, type ValueSettings } from "../../asif/relative.ts";
import type { Slices } from "../../math/slices.ts";
import type { Negatives } from "../../types.ts";

/** Below this norm its squares have lost digits to underflow. */
const UNDERFLOW = 1e-100;

/**
 * Relative representations, not normalised, that can lose any one anchor: the next nearest replaces it. Values are
 * powers of similarities divided by the row's largest, so the largest is 1.
 */
export interface LeaveOutRows {
  readonly count: number;
  readonly k: number;
  /** Up to k + 1 neighbours of each row. */
  readonly neighbours: Neighbours;
  /** The k nearest of row r are the entries `offsets[r] .. offsets[r + 1]`. */
  readonly offsets: Int32Array;
  readonly slots: Int32Array;
  readonly values: Float64Array;
  /** 0 for a row without values. */
  readonly norms: Float64Array;
  /** The norm of the row without each entry and with the next; NaN if it cannot be determined from the values. */
  readonly normsWithout: Float64Array;
  /** The anchor that replaces a removed one, and its value; -1 if there is none. */
  readonly next: Int32Array;
  readonly nextValues: Float64Array;
  readonly hasNegative: boolean;
}

/** @param neighbours the k + 1 nearest of each row, or fewer if there are fewer */
export const leaveOutRows = async (
  neighbours: Neighbours,
  { k, p, negatives }: ValueSettings & { readonly k: number },
  slices: Slices,
): Promise<LeaveOutRows> => {
  const { counts, width, slots: found, scores } = neighbours;
  const count = counts.length;
  const offsets = new Int32Array(count + 1);
  counts.forEach((length, row) => (offsets[row + 1] = (offsets[row] ?? 0) + Math.min(length, k)));
  const entries = offsets[count] ?? 0;
  const slots = new Int32Array(entries);
  const values = new Float64Array(entries);
  const norms = new Float64Array(count);
  const normsWithout = new Float64Array(entries);
  const next = new Int32Array(count).fill(-1);
  const nextValues = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    const [first, last] = [offsets[row] ?? 0, offsets[row + 1] ?? 0];
    const from = row * width;
    slots.set(found.subarray(from, from + last - first), first);
    const largest = largestOf(scores, from, from + last - first, negatives);
    for (let i = first; i < last; i++)
      values[i] = power(scores[from + i - first] ?? 0, largest, p, negatives);
    if ((counts[row] ?? 0) > k) {
      next[row] = found[from + k] ?? -1;
      nextValues[row] = power(scores[from + k] ?? 0, largest, p, negatives);
    }
    const without = normsWithout.subarray(first, last);
    norms[row] = normsOf(values.subarray(first, last), nextValues[row] ?? 0, without);
    clear(without, scores.subarray(from, from + (counts[row] ?? 0)), negatives);
    if (slices.due()) await slices.rest();
  }
  const hasNegative = values.some((value) => value < 0) || nextValues.some((value) => value < 0);
  return { count, k, neighbours, offsets, slots, values, norms, normsWithout, next, nextValues, hasNegative };
};

/**
 * The norm of `values`, and the norm with each of them replaced by `next`. Sums run from both ends, so that no
 * subtraction can leave only rounding.
 */
const normsOf = (values: Float64Array, next: number, without: Float64Array): number => {
  let behind = next * next;
  for (let i = values.length - 1; i >= 0; i--) {
    without[i] = behind;
    behind += (values[i] ?? 0) ** 2;
  }
  let before = 0;
  for (let i = 0; i < values.length; i++) {
    without[i] = Math.sqrt(before + (without[i] ?? 0));
    before += (values[i] ?? 0) ** 2;
  }
  return Math.sqrt(before);
};

/** Sets exact zeros among the norms without one of `scores`: if all other values are zero, the norm is 0. */
const clear = (without: Float64Array, scores: Float32Array, negatives: Negatives = "cut"): void => {
  const counts = (score = 0): boolean => (negatives === "cut" ? score > 0 : score !== 0);
  let similar = 0;
  for (const score of scores) if (counts(score)) similar++;
  for (let i = 0; i < without.length; i++) {
    const norm = without[i] ?? 0;
    const left = similar - (counts(scores[i]) ? 1 : 0);
    if (left === 0) without[i] = 0;
    else if (!(norm >= UNDERFLOW && norm < Infinity)) without[i] = NaN;
  }
};

/** The rows that contain a slot, and the positions of their entries. */
export interface Holders {
  /** Slot s is contained in `offsets[s] .. offsets[s + 1]`. */
  readonly offsets: Int32Array;
  readonly rows: Int32Array;
  readonly entries: Int32Array;
}

export const holdersOf = (rows: LeaveOutRows, slotCount: number): Holders => {
  const offsets = new Int32Array(slotCount + 1);
  for (const slot of rows.slots) offsets[slot + 1] = (offsets[slot + 1] ?? 0) + 1;
  for (let slot = 0; slot < slotCount; slot++)
    offsets[slot + 1] = (offsets[slot + 1] ?? 0) + (offsets[slot] ?? 0);
  const filled = offsets.slice(0, slotCount);
  const holders = {
    offsets,
    rows: new Int32Array(rows.slots.length),
    entries: new Int32Array(rows.slots.length),
  };
  for (let row = 0; row < rows.count; row++) {
    for (let entry = rows.offsets[row] ?? 0; entry < (rows.offsets[row + 1] ?? 0); entry++) {
      const slot = rows.slots[entry] ?? 0;
      const at = filled[slot] ?? 0;
      filled[slot] = at + 1;
      holders.rows[at] = row;
      holders.entries[at] = entry;
    }
  }
  return holders;
};

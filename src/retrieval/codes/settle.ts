import { createSlices } from "../../math/slices.ts";
import { createTopK, emptyNeighbours } from "../top-k.ts";
import type { Neighbours, Slot } from "../types.ts";
import type { Ranked } from "./best-rows.ts";

type Compare = (a: Slot, b: Slot) => number;

/** Ties that are put in order without a pause. */
const FEW = 4_096;
/** Comparisons of ids between two looks at the clock. */
const COMPARED = 256;

/** The first `wanted` of `slots` in the order of `compare`. Among many it pauses, for a comparison of ids takes some 50 ns. */
export const firstInOrder = async (
  slots: Int32Array<ArrayBuffer>,
  wanted: number,
  compare: Compare,
): Promise<Int32Array> => {
  if (slots.length <= FEW) return slots.sort(compare).subarray(0, wanted);
  const top = createTopK(1, wanted, compare);
  const slices = createSlices();
  for (let i = 0; i < slots.length; i++) {
    top.offer(0, slots[i] ?? -1, 0);
    if (i % COMPARED === 0 && slices.due()) await slices.rest();
  }
  const found = emptyNeighbours(1, wanted);
  top.write(0, found, 0);
  return found.slots.subarray(0, found.counts[0]);
};

/** Two lists, best first, as one. */
const mergeTwo = (a: Ranked, b: Ranked): Ranked => {
  const count = a.slots.length + b.slots.length;
  const merged: Ranked = { slots: new Int32Array(count), scores: new Float32Array(count) };
  for (let at = 0, i = 0, j = 0; at < count; at++) {
    const fromA = j >= b.slots.length || (a.scores[i] ?? -Infinity) >= (b.scores[j] ?? -Infinity);
    merged.slots[at] = (fromA ? a.slots[i] : b.slots[j]) ?? -1;
    merged.scores[at] = (fromA ? a.scores[i++] : b.scores[j++]) ?? 0;
  }
  return merged;
};

/** Writes what parts of a search found into one row of `result`, equal scores in the order of `compare`. */
export const settle = async (
  parts: readonly Ranked[],
  compare: Compare,
  result: Neighbours,
  row: number,
): Promise<void> => {
  const [first, ...others] = parts;
  if (first === undefined) return;
  const { slots, scores } = others.reduce(mergeTwo, first);
  const count = Math.min(result.width, slots.length);
  const from = row * result.width;
  result.scores.set(scores.subarray(0, count), from);
  result.slots.set(slots.subarray(0, count), from);
  result.counts[row] = count;
  for (let start = 0; start < count;) {
    let end = start + 1;
    while (end < slots.length && scores[end] === scores[start]) end++;
    const last = Math.min(end, count);
    if (end - start > 1)
      result.slots.set(await firstInOrder(slots.subarray(start, end), last - start, compare), from + start);
    start = end;
  }
};

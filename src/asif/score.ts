import { createSlices } from "../math/slices.ts";
import type { RelativeRepresentations } from "./types.ts";

/**
 * Inner products of sparse rows, one left row at a time: `onRow` receives the scores of left row i with every right
 * row, in float64, in an array that is reused for the next row. They are cosines, in [-1, 1] up to rounding.
 *
 * Each left row is scattered over all slots once, so that the cost of a right row is its number of entries.
 */
export const scoreRows = async (
  left: RelativeRepresentations,
  right: RelativeRepresentations,
  slotCount: number,
  onRow: (row: number, scores: Float64Array) => void,
): Promise<void> => {
  const scores = new Float64Array(right.count);
  const spread = new Float64Array(slotCount);
  const slices = createSlices();
  for (let i = 0; i < left.count; i++) {
    const [from, to] = [left.offsets[i] ?? 0, left.offsets[i + 1] ?? 0];
    for (let at = from; at < to; at++) spread[left.slots[at] ?? 0] = left.values[at] ?? 0;
    for (let j = 0; j < right.count; j++) {
      let sum = 0;
      const end = right.offsets[j + 1] ?? 0;
      for (let at = right.offsets[j] ?? 0; at < end; at++) {
        sum += (right.values[at] ?? 0) * (spread[right.slots[at] ?? 0] ?? 0);
      }
      scores[j] = sum;
    }
    for (let at = from; at < to; at++) spread[left.slots[at] ?? 0] = 0;
    onRow(i, scores);
    if (slices.due()) await slices.rest();
  }
};

/** All inner products, `[left.count, right.count]` row-major. */
export const scoreAll = async (
  left: RelativeRepresentations,
  right: RelativeRepresentations,
  slotCount: number,
): Promise<Float64Array> => {
  const all = new Float64Array(left.count * right.count);
  await scoreRows(left, right, slotCount, (row, scores) => all.set(scores, row * right.count));
  return all;
};

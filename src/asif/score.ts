import type { RelativeRepresentations } from "./types.ts";

/**
 * Inner products of sparse rows: `[left.count, right.count]` row-major, in float64.
 *
 * Each left row is spread over all slots once, so that a right row costs as many steps as it has entries.
 */
export const scoreAll = (
  left: RelativeRepresentations,
  right: RelativeRepresentations,
  slotCount: number,
): Float64Array => {
  const scores = new Float64Array(left.count * right.count);
  const spread = new Float64Array(slotCount);
  for (let i = 0; i < left.count; i++) {
    const [from, to] = [left.offsets[i] ?? 0, left.offsets[i + 1] ?? 0];
    for (let at = from; at < to; at++) spread[left.slots[at] ?? 0] = left.values[at] ?? 0;
    for (let j = 0; j < right.count; j++) {
      let sum = 0;
      const end = right.offsets[j + 1] ?? 0;
      for (let at = right.offsets[j] ?? 0; at < end; at++) {
        sum += (right.values[at] ?? 0) * (spread[right.slots[at] ?? 0] ?? 0);
      }
      scores[i * right.count + j] = sum;
    }
    for (let at = from; at < to; at++) spread[left.slots[at] ?? 0] = 0;
  }
  return scores;
};

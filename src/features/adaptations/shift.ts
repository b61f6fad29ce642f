import { createRandom } from "../../math/random.ts";
import { createTurns } from "../../math/slices.ts";
import { meanOfRows } from "./moments.ts";

/** How many random subsets of the anchors say which shift is usual. */
const SUBSETS = 20;

/** The distance of two means. */
export const shiftBetween = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.hypot(...Array.from({ length: a.length }, (_, i) => (a[i] ?? 0) - (b[i] ?? 0)));

/**
 * The shifts of random subsets of the anchors from all anchors: what chance alone does.
 *
 * @param rows the anchors, `[n, r]` row-major
 * @param count rows of a subset; at most half of the anchors are drawn
 */
export const usualShift = async (
  rows: Float32Array,
  mean: Float64Array,
  count: number,
  seed: number,
): Promise<{ readonly median: number; readonly largest: number }> => {
  const r = mean.length;
  const order = Int32Array.from({ length: rows.length / r }, (_, i) => i);
  const size = Math.max(1, Math.min(count, Math.floor(order.length / 2)));
  const random = createRandom(seed);
  const drawn = new Float32Array(size * r);
  const turn = createTurns();
  const shifts: number[] = [];
  for (let subset = 0; subset < SUBSETS; subset++) {
    await turn();
    random.shuffleInPlace(order);
    for (let i = 0; i < size; i++) {
      const from = (order[i] ?? 0) * r;
      drawn.set(rows.subarray(from, from + r), i * r);
    }
    shifts.push(shiftBetween(await meanOfRows(drawn, r), mean));
  }
  shifts.sort((a, b) => a - b);
  const middle = SUBSETS / 2;
  return {
    median: ((shifts[middle - 1] ?? 0) + (shifts[middle] ?? 0)) / 2,
    largest: shifts.at(-1) ?? 0,
  };
};

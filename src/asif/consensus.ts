import { createSlices } from "../slices.ts";

/** Scores that differ by less, as a share of the greatest, differ by rounding. */
const SAME = 1e-6;

/**
 * The sum of several members' scores, each brought to mean 0 and deviation 1 over every row, so that none outweighs the
 * others by its scale. A member that scores all of a row the same says nothing about it.
 *
 * @param members `[n, columns]` row-major each
 */
export const sumOfStandardized = async (
  members: readonly Float64Array[],
  columns: number,
): Promise<Float64Array> => {
  const slices = createSlices();
  const sum = new Float64Array(members[0]?.length ?? 0);
  for (const scores of members) {
    for (let first = 0; first < scores.length; first += columns) {
      if (slices.due()) await slices.rest();
      const row = scores.subarray(first, first + columns);
      let [total, greatest] = [0, 0];
      for (const score of row) {
        total += score;
        greatest = Math.max(greatest, Math.abs(score));
      }
      const mean = total / columns;
      let squares = 0;
      for (const score of row) squares += (score - mean) ** 2;
      const deviation = Math.sqrt(squares / columns);
      if (deviation <= SAME * greatest) continue;
      row.forEach((score, i) => {
        sum[first + i] = (sum[first + i] ?? 0) + (score - mean) / deviation;
      });
    }
  }
  return sum;
};

import { averageRanks, isConstant } from "./ranks.ts";

/**
 * Pearson's correlation of finite values, as many in `x` as in `y`.
 *
 * @returns in [-1, 1]; null where one side is all the same, for then it is not defined
 */
export const pearson = (x: ArrayLike<number>, y: ArrayLike<number>): number | null => {
  if (x.length < 2 || isConstant(x) || isConstant(y)) return null;
  const [a, b] = [deviations(x), deviations(y)];
  let [product, squaresA, squaresB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [left, right] = [a[i] ?? 0, b[i] ?? 0];
    product += left * right;
    squaresA += left * left;
    squaresB += right * right;
  }
  return Math.min(1, Math.max(-1, product / Math.sqrt(squaresA * squaresB)));
};

/**
 * Spearman's rank correlation: Pearson's of the ranks, equal values sharing their mean rank.
 *
 * @returns in [-1, 1]; null where one side is all the same
 */
export const spearman = (x: ArrayLike<number>, y: ArrayLike<number>): number | null =>
  pearson(averageRanks(x, "lowest"), averageRanks(y, "lowest"));

/** What is left when the mean is taken away, in units of the largest, so that no square is lost or beyond measure. */
const deviations = (values: ArrayLike<number>): Float64Array => {
  const scaled = inUnitsOfLargest(Float64Array.from(values));
  const mean = scaled.reduce((sum, value) => sum + value / scaled.length, 0);
  return inUnitsOfLargest(scaled.map((value) => value - mean));
};

const inUnitsOfLargest = (values: Float64Array): Float64Array => {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest === 0 ? values : values.map((value) => value / largest);
};

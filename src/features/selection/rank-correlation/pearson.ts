import { averageRanks, isConstant } from "../../../math/ensemble/index.ts";

/**
 * Pearson's correlation coefficient of finite values.
 *
 * @param x `[n]`
 * @param y `[n]`
 * @returns in [-1, 1]; null if it is undefined: fewer than two values, or one side is constant
 * @example
 * ```ts
 * pearson([1, 2, 3], [2, 4, 6]); // 1
 * ```
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
 * Spearman's rank correlation: Pearson's correlation of the ranks; tied values share their mean rank.
 *
 * @param x `[n]`
 * @param y `[n]`
 * @returns in [-1, 1]; null if it is undefined, as for {@link pearson}
 * @example
 * ```ts
 * spearman([1, 2, 3], [1, 8, 27]); // 1
 * ```
 */
export const spearman = (x: ArrayLike<number>, y: ArrayLike<number>): number | null =>
  pearson(averageRanks(x, "lowest"), averageRanks(y, "lowest"));

/** Differences from the mean, divided by the largest, so that squares neither underflow nor overflow. */
const deviations = (values: ArrayLike<number>): Float64Array => {
  const scaled = inUnitsOfLargest(Float64Array.from(values));
  const mean = scaled.reduce((sum, value) => sum + value / scaled.length, 0);
  return inUnitsOfLargest(scaled.map((value) => value - mean));
};

const inUnitsOfLargest = (values: Float64Array): Float64Array => {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest === 0 ? values : values.map((value) => value / largest);
};

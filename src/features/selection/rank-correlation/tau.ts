import { isConstant } from "../../../math/ensemble/index.ts";

/** Options of {@link weightedTau}. */
export interface WeightedTauOptions {
  /**
   * How items are ranked for the weights: `both` (the default) averages the coefficients that result from ranking by
   * descending x and by descending y; `x` ranks by x only and breaks ties by y.
   */
  readonly ranks?: "both" | "x";
  /** Whether a pair's weight is the sum (the default) or the product of the two items' weights. */
  readonly additive?: boolean;
}

/**
 * Kendall's tau with more weight on the top ranks (Vigna, "A weighted correlation index for rankings with ties", WWW
 * 2015), with the defaults of `scipy.stats.weightedtau`: the item at rank r, starting at 0, has weight 1 / (r + 1), and a
 * pair has the sum of its items' weights. Pairs tied on one side count neither in its agreement nor in its norm.
 *
 * @param x `[n]`, finite
 * @param y `[n]`, finite
 * @returns in [-1, 1]; null if it is undefined: fewer than two values, or one side is constant
 * @example
 * ```ts
 * weightedTau([3, 2, 1], [30, 20, 10]); // 1
 * ```
 */
export const weightedTau = (
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  { ranks = "both", additive = true }: WeightedTauOptions = {},
): number | null => {
  const byX = tauOf(x, y, hyperbolic, additive);
  if (ranks === "x" || byX === null) return byX;
  const byY = tauOf(y, x, hyperbolic, additive);
  return byY === null ? null : (byX + byY) / 2;
};

/**
 * Kendall's tau-b, which corrects for ties: concordant minus discordant pairs, divided by the geometric mean of the
 * number of pairs not tied in x and of those not tied in y.
 *
 * @param x `[n]`, finite
 * @param y `[n]`, finite
 * @returns in [-1, 1]; null if it is undefined: fewer than two values, or one side is constant
 */
export const kendallTau = (x: ArrayLike<number>, y: ArrayLike<number>): number | null =>
  tauOf(x, y, () => 1, false);

const hyperbolic = (rank: number): number => 1 / (rank + 1);

/** O(n log n): sums the weights of a merge sort's exchanges (Knight 1966; weighted: Vigna 2015, section 4). */
const tauOf = (
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  weigh: (rank: number) => number,
  additive: boolean,
): number | null => {
  const n = x.length;
  if (n < 2 || isConstant(x) || isConstant(y)) return null;
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort(
    (i, j) => (x[i] ?? 0) - (x[j] ?? 0) || (y[i] ?? 0) - (y[j] ?? 0),
  );
  const weights = new Float64Array(n);
  order.forEach((item, at) => (weights[item] = weigh(n - 1 - at)));

  const sameX = (i: number, j: number): boolean => x[i] === x[j];
  const sameY = (i: number, j: number): boolean => y[i] === y[j];
  const all = weightOfPairs(order, weights, additive, () => true);
  const tiedX = weightOfPairs(order, weights, additive, sameX);
  const tiedBoth = weightOfPairs(order, weights, additive, (i, j) => sameX(i, j) && sameY(i, j));
  const disagreeing = sortByExchanges(order, y, weights, additive);
  const tiedY = weightOfPairs(order, weights, additive, sameY);
  const agreement = all - (tiedX + tiedY - tiedBoth) - 2 * disagreeing;
  return Math.min(1, Math.max(-1, agreement / Math.sqrt(all - tiedX) / Math.sqrt(all - tiedY)));
};

/** The total weight of the pairs within each run of equal items. */
const weightOfPairs = (
  order: Uint32Array,
  weights: Float64Array,
  additive: boolean,
  same: (i: number, j: number) => boolean,
): number => {
  let [sum, squares, count, total] = [0, 0, 0, 0];
  order.forEach((item, at) => {
    if (at > 0 && !same(order[at - 1] ?? 0, item)) [sum, squares, count] = [0, 0, 0];
    const weight = weights[item] ?? 0;
    sum += weight;
    squares += weight * weight;
    count += 1;
    if (at + 1 < order.length && same(item, order[at + 1] ?? 0)) return;
    total += additive ? sum * (count - 1) : (sum * sum - squares) / 2;
  });
  return total;
};

/** Sorts `order` by `values` with a stable merge sort. @returns the total weight of the exchanged pairs */
const sortByExchanges = (
  order: Uint32Array,
  values: ArrayLike<number>,
  weights: Float64Array,
  additive: boolean,
): number => {
  const n = order.length;
  const merged = new Uint32Array(n);
  let exchanged = 0;
  for (let width = 1; width < n; width *= 2) {
    for (let start = 0; start < n; start += 2 * width) {
      const [middle, end] = [Math.min(start + width, n), Math.min(start + 2 * width, n)];
      let [left, right] = [start, middle];
      let waiting = 0;
      for (let i = start; i < middle; i++) waiting += weights[order[i] ?? 0] ?? 0;
      for (let at = start; at < end; at++) {
        const [first, second] = [order[left] ?? 0, order[right] ?? 0];
        const takesRight = left >= middle || (right < end && (values[second] ?? 0) < (values[first] ?? 0));
        if (!takesRight) {
          merged[at] = first;
          waiting -= weights[first] ?? 0;
          left += 1;
          continue;
        }
        const weight = weights[second] ?? 0;
        if (left < middle) exchanged += additive ? weight * (middle - left) + waiting : weight * waiting;
        merged[at] = second;
        right += 1;
      }
    }
    order.set(merged);
  }
  return exchanged;
};

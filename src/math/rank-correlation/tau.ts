import { isConstant } from "./ranks.ts";

export interface WeightedTauOptions {
  /**
   * What the first ranks are given to: `both` (the default) takes the mean of ranking by the largest x and of ranking by
   * the largest y; `x` ranks by x alone, equal ones by y.
   */
  readonly ranks?: "both" | "x";
  /** Whether a pair weighs the sum of its two weights (the default) or their product. */
  readonly additive?: boolean;
}

/**
 * Kendall's tau weighted towards the top ranks (Vigna, "A weighted correlation index for rankings with ties", WWW 2015),
 * as `scipy.stats.weightedtau` defines it by default: the item at rank r, from 0, weighs 1 / (r + 1), and a pair of items
 * the sum of both; pairs that are tied on a side count in neither its agreement nor its norm.
 *
 * @param x finite, as many as in `y`
 * @returns in [-1, 1]; null where one side is all the same, for then it is not defined
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
 * Kendall's tau-b, which allows for ties: agreeing pairs less disagreeing ones, over the geometric mean of the pairs that
 * are not tied in x and of those that are not in y.
 *
 * @returns in [-1, 1]; null where one side is all the same
 */
export const kendallTau = (x: ArrayLike<number>, y: ArrayLike<number>): number | null =>
  tauOf(x, y, () => 1, false);

const hyperbolic = (rank: number): number => 1 / (rank + 1);

/** In O(n log n), by the weight of what a merge sort exchanges (Knight 1966; with weights, Vigna 2015, section 4). */
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

/** Of the pairs within each run of items that are the same. */
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

/** Sorts `order` by `values`, stably. @returns the weight of the pairs that changed places */
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

/** Proposals for one question: calibrated scores of each scorer, and which of the proposals are right. */
export interface LabelledPool {
  /** One a scorer, each `[proposals]`; NaN where it cannot judge counts as 0, the mean of a calibrated scorer. */
  readonly members: readonly Float64Array[];
  readonly right: readonly number[];
}

const RIDGE = 1e-3;
const STEPS = 500;
const CLOSE = 1e-9;

/**
 * Weights, non-negative and with sum 1, under which the right proposals are the likeliest: the logarithmic loss of the
 * softmax of the weighted sum, which is convex, by projected gradient descent with backtracking. A scorer that only
 * misleads gets 0.
 *
 * @param pools each with at least one right proposal
 * @returns equal weights where no scorer helps
 */
export const learnWeights = (pools: readonly LabelledPool[], scorers: number): number[] => {
  let point = new Float64Array(scorers).fill(1 / scorers);
  let { loss, gradient } = lossOf(pools, point);
  let step = 1;
  for (let i = 0; i < STEPS; i++) {
    const next = point.map((value, n) => Math.max(0, value - step * (gradient[n] ?? 0)));
    const tried = lossOf(pools, next);
    const moved = next.reduce((sum, value, n) => sum + (value - (point[n] ?? 0)) ** 2, 0);
    if (tried.loss > loss - moved / (4 * step)) {
      if (moved < CLOSE ** 2) break;
      step /= 2;
      continue;
    }
    const gain = loss - tried.loss;
    [point, loss, gradient] = [next, tried.loss, tried.gradient];
    if (gain < CLOSE) break;
    step *= 2;
  }
  const sum = point.reduce((a, b) => a + b, 0);
  return Array.from(point, (value) => (sum === 0 ? 1 / scorers : value / sum));
};

const lossOf = (
  pools: readonly LabelledPool[],
  weights: Float64Array,
): { readonly loss: number; readonly gradient: Float64Array } => {
  let loss = 0;
  const gradient = new Float64Array(weights.length);
  for (const { members, right } of pools) {
    const count = members[0]?.length ?? 0;
    const sums = new Float64Array(count);
    members.forEach((scores, n) => {
      for (let i = 0; i < count; i++) sums[i] = (sums[i] ?? 0) + (weights[n] ?? 0) * scoreAt(scores, i);
    });
    const top = sums.reduce((a, b) => Math.max(a, b), -Infinity);
    const shares = sums.map((sum) => Math.exp(sum - top));
    const all = shares.reduce((a, b) => a + b, 0);
    const correct = right.reduce((sum, i) => sum + (shares[i] ?? 0), 0);
    loss -= Math.log(correct / all) / pools.length;
    const isRight = new Set(right);
    for (let i = 0; i < count; i++) {
      const share = shares[i] ?? 0;
      const slope = (share / all - (isRight.has(i) ? share / correct : 0)) / pools.length;
      members.forEach((scores, n) => (gradient[n] = (gradient[n] ?? 0) + slope * scoreAt(scores, i)));
    }
  }
  weights.forEach((weight, n) => {
    loss += (RIDGE / 2) * weight ** 2;
    gradient[n] = (gradient[n] ?? 0) + RIDGE * weight;
  });
  return { loss, gradient };
};

const scoreAt = (scores: Float64Array, i: number): number => {
  const score = scores[i] ?? 0;
  return Number.isNaN(score) ? 0 : score;
};

/** Training data from one question: each scorer's calibrated scores of the proposals, and the correct proposals. */
export interface LabelledPool {
  /** One array `[proposals]` per scorer. NaN (no score) counts as 0, which is the mean of a calibrated scorer. */
  readonly members: readonly Float64Array[];
  /** Indices of the correct proposals. */
  readonly right: readonly number[];
}

const RIDGE = 1e-3;
const STEPS = 500;
const CLOSE = 1e-9;

/**
 * Learns ensemble weights, non-negative and with sum 1, that make the correct proposals most likely. Minimises the
 * cross-entropy of the softmax of the weighted sum of scores, with an L2 penalty. The loss is convex; the method is
 * projected gradient descent with backtracking. A scorer that only misleads gets weight 0.
 *
 * @param pools each with at least one correct proposal
 * @param scorers number of scorers
 * @returns `[scorers]`; equal weights if no scorer helps
 * @example
 * ```ts
 * const members = [Float64Array.of(1, -1), Float64Array.of(-1, 1)];
 * learnWeights([{ members, right: [0] }], 2); // close to [1, 0]: only the first scorer is right
 * ```
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

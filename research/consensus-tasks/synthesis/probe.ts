/** A logistic regression of one class against all others. */
export interface Probe {
  readonly weights: Float64Array;
  readonly bias: number;
}

const STEPS = 60;
const RATE = 4;
const RIDGE = 1e-3;

/**
 * Fitted by gradient descent with momentum on the mean logarithmic loss, each class counting half, plus an L2 penalty.
 *
 * @param rows `[n, d]` row-major, of length 1 each
 * @param isOfClass one a row
 */
export const fitProbe = (rows: Float32Array, isOfClass: readonly boolean[]): Probe => {
  const n = isOfClass.length;
  const d = rows.length / n;
  const positive = isOfClass.filter(Boolean).length;
  const shares = isOfClass.map((is) => 0.5 / Math.max(1, is ? positive : n - positive));
  const [weights, speed] = [new Float64Array(d), new Float64Array(d)];
  let bias = 0;
  let biasSpeed = 0;
  for (let step = 0; step < STEPS; step++) {
    const slope = weights.map((weight) => RIDGE * weight);
    let biasSlope = 0;
    for (let i = 0, from = 0; i < n; i++, from += d) {
      let logit = bias;
      for (let j = 0; j < d; j++) logit += (weights[j] ?? 0) * (rows[from + j] ?? 0);
      const miss = (shares[i] ?? 0) * (1 / (1 + Math.exp(-logit)) - (isOfClass[i] === true ? 1 : 0));
      biasSlope += miss;
      for (let j = 0; j < d; j++) slope[j] = (slope[j] ?? 0) + miss * (rows[from + j] ?? 0);
    }
    for (let j = 0; j < d; j++) {
      speed[j] = 0.9 * (speed[j] ?? 0) - RATE * (slope[j] ?? 0);
      weights[j] = (weights[j] ?? 0) + (speed[j] ?? 0);
    }
    biasSpeed = 0.9 * biasSpeed - RATE * biasSlope;
    bias += biasSpeed;
  }
  return { weights, bias };
};

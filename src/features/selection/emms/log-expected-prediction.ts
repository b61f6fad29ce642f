import type { Numbers } from "./types.ts";

/**
 * The mean log-likelihood of the true classes under the expected empirical predictor `sum_z P(y | z) P(z | x)` (Nguyen,
 * Hassner, Seeger and Archambeau, "LEEP: a new measure to evaluate transferability of learned representations", ICML 2020,
 * equations 1 and 2), in nats.
 *
 * @param probabilities `[n, s]`: P(z | x) of each row x, which add up to 1
 * @param classes `[n]`, 0 .. classCount - 1
 * @returns at most 0, and that where there is one class
 */
export const logExpectedPrediction = (
  { data, rows: n, columns: s }: Numbers,
  classes: Int32Array,
  classCount: number,
): number => {
  const conditional = new Float64Array(classCount * s);
  const marginal = new Float64Array(s);
  for (let i = 0; i < n; i++) {
    const start = (classes[i] ?? 0) * s;
    for (let z = 0; z < s; z++) {
      const probability = data[i * s + z] ?? 0;
      conditional[start + z] = (conditional[start + z] ?? 0) + probability;
      marginal[z] = (marginal[z] ?? 0) + probability;
    }
  }
  conditional.forEach((joint, at) => {
    const whole = marginal[at % s] ?? 0;
    conditional[at] = whole === 0 ? 0 : joint / whole;
  });
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const start = (classes[i] ?? 0) * s;
    let expected = 0;
    for (let z = 0; z < s; z++) expected += (conditional[start + z] ?? 0) * (data[i * s + z] ?? 0);
    sum += Math.log(expected);
  }
  return Math.min(0, sum / n);
};

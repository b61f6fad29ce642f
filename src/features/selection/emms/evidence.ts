import type { Tridiagonal } from "../../../math/linear-algebra/index.ts";

const CONVERGED = 1e-9;
const MOST_STEPS = 1_000;
/**
 * The ratio alpha / beta is kept within these multiples of the mean eigenvalue: where it leaves them, the features explain
 * everything or nothing of the target, and the evidence stops changing or grows without bound.
 */
const RANGE = [1e-10, 1e10] as const;

/** The Gram matrix of features, `X^T X` or `X X^T`, whichever is smaller, and its eigenvalues. */
export interface Spectrum {
  readonly reduced: Tridiagonal;
  /** `[min(n, d)]`, at least 0. */
  readonly values: Float64Array;
  readonly n: number;
  readonly d: number;
}

/** The evidence of one target, and where it is attained. */
export interface LogEvidence {
  /** The logarithm of the evidence, per row, at its maximum over alpha and beta. */
  readonly evidence: number;
  /** The precision of the weights. */
  readonly alpha: number;
  /** The precision of the noise. */
  readonly beta: number;
  readonly converged: boolean;
}

/**
 * The maximum over alpha, beta of the evidence of `y = X w + noise`, w of precision alpha and noise of precision beta
 * (You et al., "LogME", 2021): MacKay's fixed point `alpha = gamma / |m|^2`, `beta = (n - gamma) / |X m - y|^2`, m the
 * posterior mean and gamma the effective number of parameters. Only t = alpha / beta is iterated, for beta follows from
 * it: at the maximum for t, `beta = n / (|X m - y|^2 + t |m|^2)`.
 *
 * @param shown the target in the basis of the reduction: `Q^T X^T y` where n is above d, else `Q^T y`
 * @param squares `|y|^2`, above 0
 */
export const maximizeEvidence = (spectrum: Spectrum, shown: Float64Array, squares: number): LogEvidence => {
  const { values, n } = spectrum;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (mean === 0) return evidenceAt(spectrum, 1, squares, true);
  const [low, high] = [RANGE[0] * mean, RANGE[1] * mean];
  // As the authors: from alpha = beta = 1.
  let ratio = Math.min(high, Math.max(low, 1));
  let fit = fitAt(spectrum, shown, squares, ratio);
  let converged = false;
  for (let step = 0; step < MOST_STEPS && !converged; step++) {
    let [used, left] = [0, n - values.length];
    for (const value of values) {
      used += value / (value + ratio);
      left += ratio / (value + ratio);
    }
    const wanted = (used * fit.residual) / (fit.weights * left);
    const next = Math.min(high, Math.max(low, Number.isNaN(wanted) ? high : wanted));
    converged = Math.abs(next - ratio) <= CONVERGED * ratio;
    ratio = next;
    fit = fitAt(spectrum, shown, squares, ratio);
  }
  return evidenceAt(spectrum, ratio, fit.residual + ratio * fit.weights, converged);
};

const evidenceAt = (
  { values, n }: Spectrum,
  ratio: number,
  loss: number,
  converged: boolean,
): LogEvidence => {
  const beta = n / loss;
  let logs = 0;
  for (const value of values) logs -= Math.log1p(value / ratio);
  return {
    evidence: (logs / n + Math.log(beta / (2 * Math.PI)) - 1) / 2,
    alpha: ratio * beta,
    beta,
    converged,
  };
};

interface Fit {
  /** `|m|^2` */
  readonly weights: number;
  /** `|X m - y|^2` */
  readonly residual: number;
}

/** The posterior mean for t, by one tridiagonal solution. */
const fitAt = ({ reduced, n, d }: Spectrum, shown: Float64Array, squares: number, ratio: number): Fit => {
  const solution = solveShifted(reduced, shown, ratio);
  let [own, across] = [0, 0];
  for (let i = 0; i < shown.length; i++) {
    const value = solution[i] ?? 0;
    own += value * value;
    across += value * (shown[i] ?? 0);
  }
  // The solution is m itself, and |X m - y|^2 + t |m|^2 = |y|^2 - m^T X^T y.
  if (n > d) return { weights: own, residual: Math.max(0, squares - across - ratio * own) };
  // The solution v makes m = X^T v, X m - y = -t v and v^T X X^T v = v^T y - t v^T v.
  return { weights: Math.max(0, across - ratio * own), residual: ratio * ratio * own };
};

let work = { size: 0, solution: new Float64Array(0), pivots: new Float64Array(0) };

/** `(T + shift)^-1 right`. The result is valid until the next call, because it is called millions of times. */
const solveShifted = (
  { diagonal, beside }: Tridiagonal,
  right: Float64Array,
  shift: number,
): Float64Array => {
  const n = right.length;
  if (work.size !== n) work = { size: n, solution: new Float64Array(n), pivots: new Float64Array(n) };
  const { solution, pivots } = work;
  let [factor, before] = [0, 0];
  for (let i = 0; i < n; i++) {
    const pivot = (diagonal[i] ?? 0) + shift - factor * (beside[i - 1] ?? 0);
    before = (right[i] ?? 0) - factor * before;
    pivots[i] = pivot;
    solution[i] = before;
    factor = (beside[i] ?? 0) / pivot;
  }
  let after = 0;
  for (let i = n - 1; i >= 0; i--) {
    after = ((solution[i] ?? 0) - (beside[i] ?? 0) * after) / (pivots[i] ?? 1);
    solution[i] = after;
  }
  return solution;
};

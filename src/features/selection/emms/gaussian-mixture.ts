import { multiply, type Matrix } from "../../../math/linear-algebra/index.ts";
import { createTurns } from "../../../math/slices.ts";
import { clusterRows } from "./k-means.ts";

/** No variance is smaller than this share of the rows' mean variance, or a component could close in on one row. */
const VARIANCE_FLOOR = 1e-6;
/** Of the mean log-likelihood of a row, from one iteration to the next. */
const TOLERANCE = 1e-3;
const MAX_ITERATIONS = 100;

export interface MixtureFit {
  /** `[n, c]`: how probable each component is for each row. */
  readonly responsibilities: Matrix;
  /** Of a row, the mean; one for each iteration, never less than the one before. */
  readonly logLikelihoods: readonly number[];
  readonly converged: boolean;
}

interface Mixture {
  /** `[c, 2 r]`: -1 / (2 variance), then mean / variance: what squares and values are multiplied by. */
  readonly terms: Matrix;
  /** `[c]`: the logarithm of the weight and what is left of the density. */
  readonly constants: Float64Array;
}

/**
 * A mixture of Gaussians with diagonal covariances by expectation-maximisation (Bishop, "Pattern recognition and machine
 * learning", section 9.2.2), from the clusters of k-means. The same for the same rows and seed.
 *
 * @param rows `[n, r]`, r at least 1, centred
 * @param components how many at most; there are fewer where there are fewer distinct rows
 */
export const fitMixture = async (
  rows: Matrix,
  components: number,
  seed: number,
  signal?: AbortSignal,
): Promise<MixtureFit> => {
  const { rows: n, columns: r } = rows;
  const rest = createTurns(signal);
  const moments = withSquares(rows);
  const floor = VARIANCE_FLOOR * meanSquare(rows);
  let responsibilities = await clusterRows(rows, components, seed, rest);
  const c = responsibilities.columns;
  const logLikelihoods: number[] = [];
  let mixture = emptyMixture(c, r);
  for (;;) {
    await rest();
    const sums = await multiply(responsibilities, moments, "left");
    mixture = maximise(mixture, responsibilities, sums, floor);
    responsibilities = await multiply(moments, mixture.terms, "right");
    const before = logLikelihoods.at(-1) ?? -Infinity;
    const now = toResponsibilities(responsibilities, mixture.constants) / n;
    logLikelihoods.push(now);
    const converged = now - before < TOLERANCE;
    if (converged || logLikelihoods.length === MAX_ITERATIONS)
      return { responsibilities, logLikelihoods, converged };
  }
};

/** `[n, 2 r]`: each row's squares, then its values. */
const withSquares = ({ data, rows, columns: r }: Matrix): Matrix => {
  const both = new Float64Array(rows * 2 * r);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < r; j++) {
      const value = data[i * r + j] ?? 0;
      both[i * 2 * r + j] = value * value;
      both[i * 2 * r + r + j] = value;
    }
  }
  return { data: both, rows, columns: 2 * r };
};

const meanSquare = ({ data }: Matrix): number =>
  data.reduce((sum, value) => sum + value * value, 0) / data.length;

const emptyMixture = (c: number, r: number): Mixture => ({
  terms: { data: new Float64Array(c * 2 * r), rows: c, columns: 2 * r },
  constants: new Float64Array(c).fill(-Infinity),
});

/**
 * The most likely mixture for these responsibilities; a component that has no row keeps its shape, and no weight.
 *
 * A variance below the floor is set to it, which is the most likely one of those allowed: so the likelihood still rises.
 */
const maximise = (before: Mixture, responsibilities: Matrix, sums: Matrix, floor: number): Mixture => {
  const { rows: n, columns: c } = responsibilities;
  const r = sums.columns / 2;
  const counts = columnSums(responsibilities);
  const terms = before.terms.data.slice();
  const constants = new Float64Array(c);
  for (let k = 0; k < c; k++) {
    const count = counts[k] ?? 0;
    if (count <= Number.EPSILON) {
      constants[k] = -Infinity;
      continue;
    }
    let constant = Math.log(count / n) - (r / 2) * Math.log(2 * Math.PI);
    for (let j = 0; j < r; j++) {
      const at = k * 2 * r + j;
      const mean = (sums.data[at + r] ?? 0) / count;
      const variance = Math.max(floor, (sums.data[at] ?? 0) / count - mean * mean);
      terms[at] = -0.5 / variance;
      terms[at + r] = mean / variance;
      constant -= 0.5 * (Math.log(variance) + (mean * mean) / variance);
    }
    constants[k] = constant;
  }
  return { terms: { ...before.terms, data: terms }, constants };
};

const columnSums = ({ data, rows, columns }: Matrix): Float64Array => {
  const sums = new Float64Array(columns);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < columns; k++) sums[k] = (sums[k] ?? 0) + (data[i * columns + k] ?? 0);
  return sums;
};

/** Turns log-densities without their constants into responsibilities, in place. @returns the log-likelihood */
const toResponsibilities = ({ data, rows, columns: c }: Matrix, constants: Float64Array): number => {
  let sum = 0;
  for (let start = 0; start < rows * c; start += c) {
    let highest = -Infinity;
    for (let k = 0; k < c; k++) {
      const value = (data[start + k] ?? 0) + (constants[k] ?? 0);
      data[start + k] = value;
      if (value > highest) highest = value;
    }
    let total = 0;
    for (let k = 0; k < c; k++) {
      const value = Math.exp((data[start + k] ?? 0) - highest);
      data[start + k] = value;
      total += value;
    }
    for (let k = 0; k < c; k++) data[start + k] = (data[start + k] ?? 0) / total;
    sum += highest + Math.log(total);
  }
  return sum;
};

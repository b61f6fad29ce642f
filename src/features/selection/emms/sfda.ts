import {
  factor,
  gramOfRows,
  multiply,
  solveLower,
  solveLowerTransposed,
  type Matrix,
} from "../../../math/linear-algebra/index.ts";
import { classMeans, shrink, traceOf } from "./class-means.ts";
import { checkedClasses, requireCovariances, undefinedScore, type Classes } from "./classes.ts";
import { centre, columnsOf } from "./columns.ts";
import type { TransferScorer } from "./types.ts";

/** The power iterations, of two products each, that the authors take for the greatest eigenvalue. */
const ITERATIONS = 3;
const LEAST_SHRINKAGE = 1e-10;

/**
 * SFDA (Shao et al., "Not all models are equal: predicting model transferability in a self-challenging Fisher space",
 * 2022): the mean probability of the right class by a regularised Fisher discriminant, after each row was moved towards
 * the other classes' mean, the more the less the discriminant was sure of it.
 *
 * As the authors' code has it: the within-class covariance is shrunk by `max(exp(-5 s), 1e-10)`, s its greatest
 * eigenvalue by three power iterations, and again by the same in the second fit; a row's sureness is the softmax of its
 * probabilities; the score is of probabilities, not of their logarithms. All directions of the Fisher space together
 * make `V V^T = S^-1`, so that no eigenvectors are needed.
 */
export const sfda: TransferScorer = {
  name: "sfda",
  needs: ["classes"],
  score: async (input, _options, signal) => {
    const classes = checkedClasses("sfda", input);
    requireCovariances("sfda", input);
    const columns = centre(columnsOf(input.embeddings));
    const first = await fisher(columns, classes);
    signal?.throwIfAborted();
    challenge(columns, classes, softmaxRows(first.probabilities));
    const second = await fisher(columns, classes, first.shrinkage);
    let sum = 0;
    classes.ids.forEach((id, i) => (sum += second.probabilities.data[i * classes.count + id] ?? 0));
    return {
      score: sum / classes.ids.length,
      diagnostics: { classes: classes.count, shrinkage: first.shrinkage },
    };
  },
};

/**
 * The probabilities of the classes by linear discriminants of one shared covariance.
 *
 * @param columns `[d, n]`
 * @returns `probabilities` `[n, C]`
 */
const fisher = async (columns: Matrix, classes: Classes, given?: number) => {
  const { rows: d, columns: n } = columns;
  const means = classMeans(columns, classes);
  const within = (await gramOfRows(withinClasses(columns, classes, means))).map((value) => value / n);
  if (traceOf(within, d) === 0)
    throw undefinedScore(["features"], "do not vary within any class, so that sfda is not defined");
  const shrinkage = given ?? Math.max(LEAST_SHRINKAGE, Math.exp(-5 * greatestEigenvalue(within, d)));
  const lower = await factor(shrink(within, d, shrinkage), d);
  const discriminants = await solveLowerTransposed(
    lower,
    await solveLower(lower, { ...means, data: means.data.slice() }),
  );
  const scores = await multiply(columns, discriminants, "left");
  const intercepts = Float64Array.from(classes.sizes, (size, c) => {
    let product = 0;
    for (let j = 0; j < d; j++)
      product += (means.data[j * classes.count + c] ?? 0) * (discriminants.data[j * classes.count + c] ?? 0);
    return Math.log(size / n) - product / 2;
  });
  const shifted = scores.data.map((score, at) => score + (intercepts[at % classes.count] ?? 0));
  return { probabilities: softmaxRows({ ...scores, data: shifted }), shrinkage };
};

const withinClasses = (columns: Matrix, { ids, count }: Classes, means: Matrix): Matrix => {
  const n = columns.columns;
  const data = columns.data.map(
    (value, at) => value - (means.data[Math.floor(at / n) * count + (ids[at % n] ?? 0)] ?? 0),
  );
  return { ...columns, data };
};

/** Moves each row towards the mean of the other classes' means, in place. */
const challenge = (columns: Matrix, classes: Classes, sureness: Matrix): void => {
  const { ids, count } = classes;
  const n = columns.columns;
  const means = classMeans(columns, classes);
  for (let j = 0; j < columns.rows; j++) {
    const own = means.data.subarray(j * count, (j + 1) * count);
    const sum = own.reduce((all, value) => all + value, 0);
    for (let i = 0; i < n; i++) {
      const id = ids[i] ?? 0;
      const sure = sureness.data[i * count + id] ?? 0;
      const others = (sum - (own[id] ?? 0)) / (count - 1);
      columns.data[j * n + i] = sure * (columns.data[j * n + i] ?? 0) + (1 - sure) * others;
    }
  }
};

const softmaxRows = ({ data, rows, columns }: Matrix): Matrix => {
  const made = data.slice();
  for (let i = 0; i < rows; i++) {
    const row = made.subarray(i * columns, (i + 1) * columns);
    const most = row.reduce((greatest, value) => Math.max(greatest, value), -Infinity);
    for (let c = 0; c < columns; c++) row[c] = Math.exp((row[c] ?? 0) - most);
    const sum = row.reduce((all, value) => all + value, 0);
    for (let c = 0; c < columns; c++) row[c] = (row[c] ?? 0) / sum;
  }
  return { data: made, rows, columns };
};

/** As far as a few power iterations from the sums of the rows take it. */
const greatestEigenvalue = (matrix: Float64Array, d: number): number => {
  const sums = times(matrix, new Float64Array(d).fill(1));
  // Rows may add up to nothing, as where each column has its negative; one of them then does.
  let left = sums.some((value) => value !== 0) ? sums : matrix.slice(0, d);
  let right = left;
  for (let i = 0; i < ITERATIONS; i++) {
    right = unit(times(matrix, left));
    left = unit(times(matrix, right));
  }
  const product = times(matrix, right);
  return left.reduce((sum, value, j) => sum + value * (product[j] ?? 0), 0);
};

const times = (matrix: Float64Array, vector: Float64Array): Float64Array => {
  const d = vector.length;
  const product = new Float64Array(d);
  for (let i = 0; i < d; i++) {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += (matrix[i * d + j] ?? 0) * (vector[j] ?? 0);
    product[i] = sum;
  }
  return product;
};

const unit = (vector: Float64Array): Float64Array => {
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return vector.map((value) => (norm === 0 ? 0 : value / norm));
};

import { createRandom } from "../random.ts";
import { createTurns } from "../slices.ts";
import { eigenSymmetric, type Eigen } from "./eigen.ts";
import { orthonormalRows } from "./orthonormal.ts";
import { multiply, multiplySingle, type Matrix, type SingleMatrix } from "./products.ts";
import { eigenvaluesOf } from "./ql.ts";
import { identity } from "./symmetric.ts";
import { rotate, tridiagonalize } from "./tridiagonal.ts";
import { tridiagonalVectors } from "./tridiagonal-vectors.ts";

/** Extra dimensions of the subspace, as a share of the wanted ones: the gap behind the last wanted value. */
const OVERSAMPLING = 0.25;
const LEAST_OVERSAMPLING = 96;
/** From this share of the size on the whole decomposition costs less. */
const WHOLE_SHARE = 0.8;
/** Bound on the relative error of a value; that of its square root, a deviation, is half of it. */
const TOLERANCE = 1e-4;
/** A filter may raise the first direction above the unwanted ones by this much: the rest of float64 stays for the last. */
const GREATEST_RATIO = 1e10;
const MOST_DEGREE = 10;
/** Filters in float64 between two looks at the residuals. */
const MORE_FILTERS = 2;
/** Looks before the whole decomposition is computed instead. */
const MOST_LOOKS = 6;
/** Vectors of values so close to each other, relative to the greatest, are orthogonalised explicitly. */
const CLOSE = 1e-8;
const SEED = 1;

/** Multiplies rows by the symmetric matrix. */
type Times = (rows: Matrix) => Promise<Matrix>;

/**
 * The `rank` greatest eigenvalues of a symmetric positive semidefinite matrix and their eigenvectors, each value within
 * 1e-4 of an exact one.
 *
 * Subspace iteration with Chebyshev polynomials as filters (Zhou, Saad, Tiago and Chelikowsky, "Self-consistent-field
 * calculations using Chebyshev-filtered subspace iteration", J. Comput. Phys. 219, 2006), almost all of it products of
 * large matrices. The first two filters are computed in float32, because an error of the subspace changes the values by its
 * square only; what they leave is measured, and mended in float64. It ends by the residuals `|A v - w v|`: the square of the
 * worst over the gap to what the subspace leaves out bounds the error of the values (Parlett, "The symmetric eigenvalue
 * problem", section 11.7). Matrices for which that is not reached are decomposed as a whole.
 *
 * @param matrix `[size, size]` row-major
 * @param rank at most `size`
 */
export const filteredEigen = async (matrix: Float64Array, size: number, rank: number): Promise<Eigen> => {
  const width = rank + Math.max(LEAST_OVERSAMPLING, Math.ceil(OVERSAMPLING * rank));
  const whole = async (): Promise<Eigen> => firstOf(await eigenSymmetric(matrix, size), size, rank);
  if (width > WHOLE_SHARE * size) return whole();
  const symmetric: Matrix = { data: matrix, rows: size, columns: size };
  const times: Times = (rows) => multiply(rows, symmetric);
  let basis = await startingBasis(symmetric, width);
  for (let look = 0; basis !== null && look < MOST_LOOKS; look++) {
    const found = await project(basis, times, rank);
    if (found.error <= TOLERANCE) return { values: found.values, vectors: found.vectors };
    for (let i = 1; basis !== null && i <= MORE_FILTERS; i++) {
      const filtered = await filter(times, basis);
      basis = filtered === null ? null : await orthonormalRows(filtered, i < MORE_FILTERS ? 1 : 3);
    }
  }
  return whole();
};

/** A subspace near the wanted one: random directions after two filters in float32, the second of one degree more. */
const startingBasis = async ({ data, rows: size }: Matrix, width: number): Promise<Matrix | null> => {
  const symmetric: SingleMatrix = { data: new Float32Array(data), rows: size, columns: size };
  const times: Times = async ({ data: given, rows, columns }) => {
    const product = await multiplySingle({ data: new Float32Array(given), rows, columns }, symmetric);
    return { data: new Float64Array(product.data), rows, columns };
  };
  const random = createRandom(SEED);
  const start = new Float64Array(width * size);
  for (let i = 0; i < start.length; i++) start[i] = random.next() - 0.5;
  const shown = await orthonormalRows(await times({ data: start, rows: width, columns: size }), 1);
  const once = await filter(times, shown);
  const twice = once === null ? null : await filter(times, await orthonormalRows(once, 1), 1);
  return twice === null ? null : orthonormalRows(twice);
};

const firstOf = ({ values, vectors }: Eigen, size: number, rank: number): Eigen => ({
  values: values.slice(0, rank),
  vectors: vectors.slice(0, rank * size),
});

/**
 * `T_degree((2 / bound) A - I) X` by the three-term recurrence: values in [0, bound] are held, those above raised. The
 * bound is the least Rayleigh quotient of the rows. Null where it is 0, so that there is nothing to hold.
 *
 * @param basis orthonormal rows, the first ones nearest to the first directions
 * @param further added to the degree: rows that are in order span less, and can be raised more
 */
const filter = async (times: Times, basis: Matrix, further = 0): Promise<Matrix | null> => {
  let now = await times(basis);
  const [greatest, bound] = quotientsOf(basis, now);
  if (!(bound > Number.EPSILON * greatest)) return null;
  const degree = degreeFor(greatest / bound) + further;
  let before = basis;
  const [x, y] = [now.data, basis.data];
  for (let at = 0; at < x.length; at++) x[at] = (2 / bound) * (x[at] ?? 0) - (y[at] ?? 0);
  for (let i = 2; i <= degree; i++) {
    const next = await times(now);
    recur(next.data, 4 / bound, now.data, before.data);
    [before, now] = [now, next];
  }
  return now;
};

/** `next := factor next - 2 now - before` */
const recur = (next: Float64Array, factor: number, now: Float64Array, before: Float64Array): void => {
  for (let at = 0; at < next.length; at++)
    next[at] = factor * (next[at] ?? 0) - 2 * (now[at] ?? 0) - (before[at] ?? 0);
};

/** The greatest and the least Rayleigh quotient of unit rows. */
const quotientsOf = (rows: Matrix, images: Matrix): readonly [number, number] => {
  let [greatest, least] = [0, Infinity];
  for (let row = 0; row < rows.rows; row++) {
    let sum = 0;
    for (let i = row * rows.columns; i < (row + 1) * rows.columns; i++)
      sum += (rows.data[i] ?? 0) * (images.data[i] ?? 0);
    [greatest, least] = [Math.max(greatest, sum), Math.min(least, sum)];
  }
  return [greatest, least];
};

/** The largest degree, at least 2, whose filter leaves room in float64 beside the first direction. */
const degreeFor = (ratio: number): number => {
  let degree = 2;
  const growth = Math.acosh(Math.max(1, 2 * ratio - 1));
  while (degree < MOST_DEGREE && Math.cosh((degree + 1) * growth) <= GREATEST_RATIO) degree++;
  return degree;
};

/**
 * Rayleigh-Ritz: the eigenvectors within the subspace.
 *
 * @returns with a bound on the relative error of every value
 */
const project = async (
  basis: Matrix,
  times: Times,
  rank: number,
): Promise<Eigen & { readonly error: number }> => {
  const { rows: width, columns: size } = basis;
  const images = await times(basis);
  const { data: shown } = await multiply(images, basis, "right");
  const { values, least, vectors } = await leadingOfSmall(shown, width, rank);
  const { data: found } = await multiply(vectors, basis);
  const { data: imagesOfFound } = await multiply(vectors, images);
  let error = 0;
  for (let k = 0; k < rank; k++) {
    const value = values[k] ?? 0;
    let squares = 0;
    for (let i = k * size; i < (k + 1) * size; i++)
      squares += ((imagesOfFound[i] ?? 0) - value * (found[i] ?? 0)) ** 2;
    error = Math.max(error, squares / ((value - least) * value));
  }
  return { values, vectors: found, error: Number.isNaN(error) ? Infinity : error };
};

/** The first eigenvectors of a small matrix by inverse iteration, and the least of all its eigenvalues. */
const leadingOfSmall = async (matrix: Float64Array, size: number, rank: number) => {
  const rest = createTurns();
  const reduced = await tridiagonalize(matrix.slice(), size, rest);
  const all = eigenvaluesOf(reduced).sort().reverse();
  const values = all.slice(0, rank);
  const turned = await tridiagonalVectors(reduced, values, rest, CLOSE);
  // Q y for each eigenvector y of the tridiagonal matrix.
  const basis = await rotate(reduced, identity(size));
  return { values, least: all[size - 1] ?? 0, vectors: await multiply(turned, basis) };
};

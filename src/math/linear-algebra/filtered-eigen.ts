import { createRandom, normal } from "../random.ts";
import { eigenSymmetric, type Eigen } from "./eigen.ts";
import { orthonormalColumns } from "./orthonormal.ts";
import { multiply, type Matrix } from "./products.ts";
import { eigenvaluesOf } from "./ql.ts";
import { tridiagonalize } from "./tridiagonal.ts";

/** Extra dimensions of the subspace, as a share of the wanted ones: the gap behind the last wanted value. */
const OVERSAMPLING = 0.25;
const LEAST_OVERSAMPLING = 96;
/** From this share of the size on the whole decomposition costs less. */
const WHOLE_SHARE = 0.8;
/** Of a residual to its value: the deviations, square roots of the values, are then right to half of it. */
const TOLERANCE = 5e-5;
/** A filter may raise the first direction above the last wanted one by this much: the rest of float64 stays for both. */
const GREATEST_RATIO = 1e10;
const MOST_DEGREE = 10;
/** What filters must raise the last wanted direction above the first unwanted one by, before residuals are looked at. */
const WANTED_RATIO = 3e5;
/** Times residuals are looked at before the whole decomposition is computed instead. */
const ROUNDS = 4;
const SEED = 1;

/**
 * The `rank` greatest eigenvalues of a symmetric positive semidefinite matrix and their eigenvectors, each with a residual
 * `|A v - w v|` of at most 5e-5 w.
 *
 * Subspace iteration with Chebyshev polynomials as filters (Zhou, Saad, Tiago and Chelikowsky, "Self-consistent-field
 * calculations using Chebyshev-filtered subspace iteration", J. Comput. Phys. 219, 2006): almost all of its time is
 * spent in products of large matrices. Values that the subspace has no room for, and residuals that stay too large,
 * are left to the whole decomposition.
 *
 * @param matrix `[size, size]` row-major
 * @param rank at most `size`
 */
export const filteredEigen = async (matrix: Float64Array, size: number, rank: number): Promise<Eigen> => {
  const width = rank + Math.max(LEAST_OVERSAMPLING, Math.ceil(OVERSAMPLING * rank));
  if (width > WHOLE_SHARE * size) return firstOf(await eigenSymmetric(matrix, size), size, rank);
  const symmetric: Matrix = { data: matrix, rows: size, columns: size };
  const times = (right: Matrix): Promise<Matrix> => multiply(symmetric, right);
  const random = createRandom(SEED);
  const start = Float64Array.from({ length: size * width }, () => normal(random));
  let basis: Matrix = { data: start, rows: size, columns: width };
  for (let i = 0; i < 2; i++) basis = await orthonormalColumns(await times(basis));

  for (let round = 0; round < ROUNDS; round++) {
    const shown = await multiply(basis, await times(basis), "left");
    const values = await valuesOf(shown);
    const [greatest, last, bound] = [values[0] ?? 0, values[rank - 1] ?? 0, values[width - 1] ?? 0];
    // A matrix of lower rank than is wanted has no gap to filter by.
    if (!(bound > 0) || last <= bound) break;
    let raised = 1;
    while (raised < WANTED_RATIO) {
      const degree = degreeFor(greatest / bound, last / bound);
      basis = await orthonormalColumns(await filter(times, basis, degree, bound));
      raised *= chebyshev(degree, (2 * last) / bound - 1);
    }
    const found = await project(basis, times, rank);
    if (found.worst <= TOLERANCE) return { values: found.values, vectors: found.vectors };
  }
  return firstOf(await eigenSymmetric(matrix, size), size, rank);
};

const firstOf = ({ values, vectors }: Eigen, size: number, rank: number): Eigen => ({
  values: values.slice(0, rank),
  vectors: vectors.slice(0, rank * size),
});

/** The eigenvalues of a small symmetric matrix, descending. */
const valuesOf = async ({ data, rows }: Matrix): Promise<Float64Array> =>
  eigenvaluesOf(await tridiagonalize(data.slice(), rows, () => Promise.resolve()))
    .sort()
    .reverse();

/** The largest degree whose filter leaves room in float64 for the first direction beside the last wanted one. */
const degreeFor = (greatest: number, last: number): number => {
  let degree = 2;
  while (
    degree < MOST_DEGREE &&
    chebyshev(degree + 1, 2 * greatest - 1) <= GREATEST_RATIO * chebyshev(degree + 1, 2 * last - 1)
  )
    degree++;
  return degree;
};

/** The Chebyshev polynomial of some degree outside [-1, 1], where it grows fastest. */
const chebyshev = (degree: number, x: number): number => Math.cosh(degree * Math.acosh(Math.max(1, x)));

/** `T_degree((2 / bound) A - I) X` by the three-term recurrence: values in [0, bound] are held, those above raised. */
const filter = async (
  times: (right: Matrix) => Promise<Matrix>,
  basis: Matrix,
  degree: number,
  bound: number,
): Promise<Matrix> => {
  let before = basis;
  let now = combined(await times(basis), 2 / bound, basis, -1);
  for (let i = 2; i <= degree; i++) {
    const next = combined(await times(now), 4 / bound, now, -2);
    for (let at = 0; at < next.data.length; at++)
      next.data[at] = (next.data[at] ?? 0) - (before.data[at] ?? 0);
    [before, now] = [now, next];
  }
  return now;
};

const combined = (one: Matrix, a: number, other: Matrix, b: number): Matrix => {
  for (let at = 0; at < one.data.length; at++)
    one.data[at] = a * (one.data[at] ?? 0) + b * (other.data[at] ?? 0);
  return one;
};

/** Rayleigh-Ritz: the eigenvectors within the subspace, and the worst residual as a share of its value. */
const project = async (
  basis: Matrix,
  times: (right: Matrix) => Promise<Matrix>,
  rank: number,
): Promise<Eigen & { readonly worst: number }> => {
  const { rows: size, columns: width } = basis;
  const image = await times(basis);
  const { data: shown } = await multiply(basis, image, "left");
  const { values, vectors } = await eigenSymmetric(shown, width);
  const rotation = { data: vectors.subarray(0, rank * width), rows: rank, columns: width };
  const { data: found } = await multiply(rotation, basis, "right");
  const { data: images } = await multiply(rotation, image, "right");
  let worst = 0;
  for (let k = 0; k < rank; k++) {
    const value = values[k] ?? 0;
    let squares = 0;
    for (let i = k * size; i < (k + 1) * size; i++)
      squares += ((images[i] ?? 0) - value * (found[i] ?? 0)) ** 2;
    worst = Math.max(worst, Math.sqrt(squares) / value);
  }
  return { values: values.slice(0, rank), vectors: found, worst };
};

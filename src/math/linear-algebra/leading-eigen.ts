import { createRandom, normal, type Random } from "../random.ts";
import { eigenSymmetric, type Eigen } from "./eigen.ts";
import { filteredEigen } from "./filtered-eigen.ts";
import { orthonormalRows } from "./orthonormal.ts";
import { multiply, type Matrix } from "./products.ts";
import { transpose } from "./symmetric.ts";

/** Up to this size all eigenvectors are computed, in about half a second. */
const DIRECT_SIZE = 512;
const SEED = 1;

/** A symmetric positive semidefinite matrix given only by its products with other matrices. */
export interface SymmetricOperator {
  readonly size: number;
  /** Multiplies the operator by a matrix `[size, m]`. */
  readonly times: (right: Matrix) => Promise<Matrix>;
}

/** Options of {@link leadingEigenOf}. */
export interface LeadingOptions {
  /** Extra dimensions of the subspace, which let the last requested directions converge; default 128. */
  readonly oversampling?: number;
  /** Number of products with the operator before the projection; default 6. */
  readonly iterations?: number;
  /** Draws the initial subspace; default: a fixed seed. */
  readonly random?: Random;
}

/**
 * The `rank` greatest eigenvalues of a symmetric positive semidefinite matrix and their eigenvectors. Up to size 512 all
 * are computed and the first are returned; larger matrices use {@link filteredEigen}, to a residual of 5e-5.
 *
 * @param matrix `[size, size]` row-major
 * @param rank at most `size`
 * @example
 * ```ts
 * const { values, vectors } = await leadingEigen(covariance, 768, 256); // vectors: [256, 768]
 * ```
 */
export const leadingEigen = async (matrix: Float64Array, size: number, rank: number): Promise<Eigen> => {
  if (size > DIRECT_SIZE) return filteredEigen(matrix, size, rank);
  const { values, vectors } = await eigenSymmetric(matrix, size);
  return { values: values.slice(0, rank), vectors: vectors.slice(0, rank * size) };
};

/**
 * The `rank` greatest eigenvalues of an operator and their eigenvectors, by randomised subspace iteration (Halko,
 * Martinsson and Tropp, "Finding structure with randomness", SIAM Review 53, 2011, algorithm 4.4). The projected problem
 * is solved exactly: vectors are orthogonal, and each value is the quadratic form of its vector. The last directions may
 * be mixtures of neighbouring eigenvectors.
 *
 * @param rank at most `operator.size`
 */
export const leadingEigenOf = async (
  { size, times }: SymmetricOperator,
  rank: number,
  { oversampling = 128, iterations = 6, random = createRandom(SEED) }: LeadingOptions = {},
): Promise<Eigen> => {
  const width = Math.min(size, rank + oversampling);
  const start = Float64Array.from({ length: size * width }, () => normal(random));
  let basis: Matrix = { data: start, rows: size, columns: width };
  for (let i = 1; i <= iterations; i++) {
    // Before the last iteration one pass suffices: it keeps the columns from all converging to the first direction.
    const rows = transpose(await times(basis));
    basis = transpose(await orthonormalRows(rows, i < iterations ? 1 : 3));
  }
  const { data: projected } = await multiply(basis, await times(basis), "left");
  const { values, vectors } = await eigenSymmetric(projected, width);
  const rotation = { data: vectors.subarray(0, rank * width), rows: rank, columns: width };
  return { values: values.slice(0, rank), vectors: (await multiply(rotation, basis, "right")).data };
};

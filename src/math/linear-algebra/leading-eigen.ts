import { createRandom, normal, type Random } from "../random.ts";
import { factor, solveLower } from "./cholesky.ts";
import { eigenSymmetric, type Eigen } from "./eigen.ts";
import { multiply, type Matrix } from "./products.ts";
import { transpose } from "./symmetric.ts";

/** Up to this size all eigenvectors are computed, in about half a second. */
const DIRECT_SIZE = 512;
/**
 * Added to the unit diagonal of the columns' Gram matrix before each factorisation: enough to outweigh rounding errors if
 * columns are nearly dependent (Fukaya et al., "Shifted Cholesky QR", SIAM J. Sci. Comput. 42, 2020).
 */
const SHIFTS = [1e-11, 1e-11, 1e-13] as const;
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
 * are computed exactly and the first are returned; larger matrices use {@link leadingEigenOf}.
 *
 * @param matrix `[size, size]` row-major
 * @param rank at most `size`
 * @example
 * ```ts
 * const { values, vectors } = await leadingEigen(covariance, 768, 256); // vectors: [256, 768]
 * ```
 */
export const leadingEigen = async (matrix: Float64Array, size: number, rank: number): Promise<Eigen> => {
  if (size > DIRECT_SIZE) {
    const symmetric = { data: matrix, rows: size, columns: size };
    return leadingEigenOf({ size, times: (right) => multiply(symmetric, right) }, rank);
  }
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
    basis = await orthonormalize(await times(basis), i < iterations ? SHIFTS.slice(0, 1) : SHIFTS);
  }
  const { data: projected } = await multiply(basis, await times(basis), "left");
  const { values, vectors } = await eigenSymmetric(projected, width);
  const rotation = { data: vectors.subarray(0, rank * width), rows: rank, columns: width };
  return { values: values.slice(0, rank), vectors: (await multiply(rotation, basis, "right")).data };
};

/** Orthonormalises the columns with the Cholesky factor of their Gram matrix, once per shift. */
const orthonormalize = async (columns: Matrix, shifts: readonly number[]): Promise<Matrix> => {
  let rows = transpose(columns);
  for (const shift of shifts) {
    rows = unitRowsOf(rows);
    const { data: gram } = await multiply(rows, rows, "right");
    for (let i = 0; i < rows.rows; i++) gram[i * rows.rows + i] = (gram[i * rows.rows + i] ?? 0) + shift;
    rows = await solveLower(await factor(gram, rows.rows), rows);
  }
  return transpose(rows);
};

/** Scales each row to norm 1 in place; zero rows stay zero. */
const unitRowsOf = (matrix: Matrix): Matrix => {
  const { data, rows, columns } = matrix;
  for (let i = 0; i < rows; i++) {
    const row = data.subarray(i * columns, (i + 1) * columns);
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (norm > 0) for (let j = 0; j < columns; j++) row[j] = (row[j] ?? 0) / norm;
  }
  return matrix;
};

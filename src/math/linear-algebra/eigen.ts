import { createTurns } from "../slices.ts";
import { multiply, type Matrix } from "./products.ts";
import { diagonalize } from "./ql.ts";
import { identity } from "./symmetric.ts";
import { rotate, tridiagonalize } from "./tridiagonal.ts";

/** Eigenvalues and eigenvectors of a symmetric matrix. */
export interface Eigen {
  /** `[n]`, in descending order. */
  readonly values: Float64Array;
  /** `[n, size]` row-major: row i is the unit eigenvector of value i. */
  readonly vectors: Float64Array;
}

/**
 * All eigenvalues and eigenvectors of a symmetric matrix, by reduction to tridiagonal form and QL iteration. Takes about
 * half a second for 512 x 512 and yields to the event loop in between.
 *
 * @param matrix `[size, size]` row-major, symmetric
 * @param rest awaited between steps
 * @example
 * ```ts
 * const { values, vectors } = await eigenSymmetric(Float64Array.of(2, 1, 1, 2), 2); // values 3 and 1
 * ```
 */
export const eigenSymmetric = async (
  matrix: Float64Array,
  size: number,
  rest: () => Promise<void> = createTurns(),
): Promise<Eigen> => {
  const reduced = await tridiagonalize(matrix.slice(), size, rest);
  const { data: basis } = await rotate(reduced, identity(size));
  const steps = diagonalize(reduced, basis);
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) await rest();
  const found = step.value;
  const order = Array.from(found.keys()).sort((a, b) => (found[b] ?? 0) - (found[a] ?? 0));
  const vectors = new Float64Array(size * size);
  order.forEach((from, to) => vectors.set(basis.subarray(from * size, (from + 1) * size), to * size));
  return { values: Float64Array.from(order, (at) => found[at] ?? 0), vectors };
};

/**
 * Applies a function to a symmetric matrix: the result has the same eigenvectors, and its eigenvalues are the function's
 * values (Higham, "Functions of matrices", 2008, section 1.2).
 *
 * @param matrix `[size, size]` row-major, symmetric
 * @param apply called with each eigenvalue and the greatest eigenvalue
 * @returns `[size, size]` row-major
 * @example
 * ```ts
 * const root = await functionOfSymmetric(covariance, d, (value) => Math.sqrt(Math.max(0, value)));
 * ```
 */
export const functionOfSymmetric = async (
  matrix: Float64Array,
  size: number,
  apply: (value: number, greatest: number) => number,
): Promise<Float64Array> => {
  const { values, vectors } = await eigenSymmetric(matrix, size);
  const scaled = vectors.map(
    (value, at) => value * apply(values[Math.floor(at / size)] ?? 0, values[0] ?? 0),
  );
  const [left, right] = [scaled, vectors].map((data): Matrix => ({ data, rows: size, columns: size }));
  if (left === undefined || right === undefined) return scaled;
  return (await multiply(left, right, "left")).data;
};

/** Flips the sign if the entry of largest magnitude is negative, because the sign of an eigenvector is arbitrary. */
export const orientDirection = (direction: Float64Array): Float64Array => {
  let largest = 0;
  for (const value of direction) if (Math.abs(value) > Math.abs(largest)) largest = value;
  return largest < 0 ? direction.map((value) => -value) : direction;
};

import { multiply, type Matrix } from "./products.ts";
import { identity } from "./symmetric.ts";

/** Number of columns factored by loops; the rest of the work is matrix products. */
const BLOCK = 64;

/**
 * Cholesky factorisation: the lower triangular L with `L L^T = matrix`. Blocked and left-looking (Golub and Van Loan,
 * "Matrix computations", section 4.2).
 *
 * @param matrix `[n, n]` row-major, symmetric positive definite; overwritten with the result
 * @returns `matrix`; the entries above its diagonal are undefined
 * @example
 * ```ts
 * await factor(Float64Array.of(4, 2, 2, 5), 2); // lower triangle: 2, 1, 2
 * ```
 */
export const factor = async (matrix: Float64Array, n: number): Promise<Float64Array> => {
  for (let from = 0; from < n; from += BLOCK) {
    const width = Math.min(BLOCK, n - from);
    if (from > 0) {
      const before = blockOf(matrix, n, [from, n], [0, from]);
      const own = { data: before.data.subarray(0, width * from), rows: width, columns: from };
      const { data } = await multiply(before, own, "right");
      for (let i = from; i < n; i++)
        for (let j = 0; j < width; j++)
          matrix[i * n + from + j] = (matrix[i * n + from + j] ?? 0) - (data[(i - from) * width + j] ?? 0);
    }
    for (let i = from; i < n; i++) {
      for (let j = from; j <= Math.min(i, from + width - 1); j++) {
        let sum = matrix[i * n + j] ?? 0;
        for (let k = from; k < j; k++) sum -= (matrix[i * n + k] ?? 0) * (matrix[j * n + k] ?? 0);
        matrix[i * n + j] = i === j ? Math.sqrt(sum) : sum / (matrix[j * n + j] ?? 1);
      }
    }
  }
  return matrix;
};

/**
 * Solves `L X = right` for a lower triangular L.
 *
 * @param lower `[n, n]` row-major, such as from {@link factor}
 * @param right `[n, m]`; overwritten with X
 * @returns `right`
 */
export const solveLower = async (lower: Float64Array, right: Matrix): Promise<Matrix> => {
  const { data: x, rows: n, columns: m } = right;
  for (let from = 0; from < n; from += BLOCK) {
    const to = Math.min(n, from + BLOCK);
    if (from > 0) {
      const known = { data: x.subarray(0, from * m), rows: from, columns: m };
      const { data } = await multiply(blockOf(lower, n, [from, to], [0, from]), known);
      subtract(x, from * m, data);
    }
    for (let i = from; i < to; i++) {
      let k = from;
      for (; k + 4 <= i; k += 4) subtractFour(x, m, i, k, lower, i * n + k, 1);
      for (; k < i; k++) subtractRow(x, m, i, k, lower[i * n + k] ?? 0);
      divideRow(x, m, i, lower[i * n + i] ?? 1);
    }
  }
  return right;
};

/**
 * Inverts a lower triangular matrix by halves: below the diagonal the inverse of `[A 0; B C]` is `-C^-1 B A^-1`.
 *
 * @param lower `[n, n]` row-major, such as from {@link factor}
 * @returns `[n, n]`, with zeros above the diagonal
 */
export const invertLower = async (lower: Float64Array, n: number): Promise<Matrix> => {
  if (n <= BLOCK) return solveLower(lower, identity(n));
  const half = BLOCK * Math.ceil(n / (2 * BLOCK));
  const [first, second] = [
    await invertLower(blockOf(lower, n, [0, half], [0, half]).data, half),
    await invertLower(blockOf(lower, n, [half, n], [half, n]).data, n - half),
  ];
  const beside = await multiply(second, await multiply(blockOf(lower, n, [half, n], [0, half]), first));
  const data = new Float64Array(n * n);
  for (let i = 0; i < half; i++) data.set(first.data.subarray(i * half, (i + 1) * half), i * n);
  for (let i = half; i < n; i++) {
    const [at, width] = [i - half, n - half];
    for (let j = 0; j < half; j++) data[i * n + j] = -(beside.data[at * half + j] ?? 0);
    data.set(second.data.subarray(at * width, (at + 1) * width), i * n + half);
  }
  return { data, rows: n, columns: n };
};

/**
 * Solves `L^T X = right` for a lower triangular L.
 *
 * @param lower `[n, n]` row-major, such as from {@link factor}
 * @param right `[n, m]`; overwritten with X
 * @returns `right`
 */
export const solveLowerTransposed = async (lower: Float64Array, right: Matrix): Promise<Matrix> => {
  const { data: x, rows: n, columns: m } = right;
  for (let from = Math.floor((n - 1) / BLOCK) * BLOCK; from >= 0; from -= BLOCK) {
    const to = Math.min(n, from + BLOCK);
    if (to < n) {
      const known = { data: x.subarray(to * m), rows: n - to, columns: m };
      const { data } = await multiply(blockOf(lower, n, [to, n], [from, to]), known, "left");
      subtract(x, from * m, data);
    }
    for (let i = to - 1; i >= from; i--) {
      let k = i + 1;
      for (; k + 4 <= to; k += 4) subtractFour(x, m, i, k, lower, k * n + i, n);
      for (; k < to; k++) subtractRow(x, m, i, k, lower[k * n + i] ?? 0);
      divideRow(x, m, i, lower[i * n + i] ?? 1);
    }
  }
  return right;
};

const blockOf = (
  matrix: Float64Array,
  n: number,
  [top, bottom]: readonly [number, number],
  [left, right]: readonly [number, number],
): Matrix => {
  const [rows, columns] = [bottom - top, right - left];
  const data = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    data.set(matrix.subarray((top + i) * n + left, (top + i) * n + right), i * columns);
  return { data, rows, columns };
};

const subtract = (from: Float64Array, at: number, what: Float64Array): void => {
  for (let i = 0; i < what.length; i++) from[at + i] = (from[at + i] ?? 0) - (what[i] ?? 0);
};

const subtractRow = (x: Float64Array, m: number, i: number, k: number, times: number): void => {
  for (let j = 0; j < m; j++) x[i * m + j] = (x[i * m + j] ?? 0) - times * (x[k * m + j] ?? 0);
};

/**
 * Subtracts multiples of the four rows from row k on from row i, in one pass: row i is read and written once instead of
 * four times. The factors are in `times` from `at` on, `apart` entries apart.
 */
const subtractFour = (
  x: Float64Array,
  m: number,
  i: number,
  k: number,
  times: Float64Array,
  at: number,
  apart: number,
): void => {
  const [a, b] = [times[at] ?? 0, times[at + apart] ?? 0];
  const [c, d] = [times[at + 2 * apart] ?? 0, times[at + 3 * apart] ?? 0];
  const [to, first, second, third, fourth] = [i * m, k * m, (k + 1) * m, (k + 2) * m, (k + 3) * m];
  for (let j = 0; j < m; j++)
    x[to + j] =
      (x[to + j] ?? 0) -
      (a * (x[first + j] ?? 0) +
        b * (x[second + j] ?? 0) +
        (c * (x[third + j] ?? 0) + d * (x[fourth + j] ?? 0)));
};

const divideRow = (x: Float64Array, m: number, i: number, by: number): void => {
  for (let j = 0; j < m; j++) x[i * m + j] = (x[i * m + j] ?? 0) / by;
};

import { multiplyByTransposed } from "../../retrieval/index.ts";

/** The similarity that the regression goes by: nothing below 0, and near anchors much more than others. */
const kernel = (similarity: number): number => (similarity > 0 ? similarity * similarity : 0);

/**
 * The weights of the anchors near a query: `w = (g(A A^T) + I)^-1 g(A x)` with `g(u) = max(u, 0)^2`, kernel ridge
 * regression on the neighbourhood alone. What near anchors share counts once: of two equal anchors each gets a third of
 * the query, together hardly more than one alone. Where the matrix is not positive definite, I is doubled until it is.
 *
 * @param near the anchors' rows as they are compared, `[n, d]` row-major, of norm 1
 * @param similarities of the query with each of them, `[n]`
 * @returns `[n]`
 * @example
 * ```ts
 * await regressionWeights(Float32Array.of(1, 0, 0, 1), [0.6, 0.8]); // 0.18, 0.32
 * ```
 */
export const regressionWeights = async (
  near: Float32Array,
  similarities: ArrayLike<number>,
): Promise<Float64Array> => solveWith(await kernelMatrix(near, similarities.length), similarities);

/** `g(A A^T)`, `[n, n]` row-major. */
export const kernelMatrix = async (near: Float32Array, n: number): Promise<Float32Array> => {
  if (n === 0) return new Float32Array();
  const rows = { data: near, rows: n, columns: near.length / n };
  return (await multiplyByTransposed(rows, rows)).map(kernel);
};

/**
 * The weights from a kernel matrix of at least as many anchors as there are similarities.
 *
 * @param places which rows of the matrix the similarities are of; absent: the first ones
 */
export const solveWith = (
  matrix: Float32Array,
  similarities: ArrayLike<number>,
  places?: ArrayLike<number>,
): Float64Array => {
  const n = similarities.length;
  const width = Math.round(Math.sqrt(matrix.length));
  const lower = new Float64Array(n * n);
  const weights = new Float64Array(n);
  for (let ridge = 1; ; ridge *= 2) {
    for (let i = 0; i < n; i++) {
      const row = (places?.[i] ?? i) * width;
      for (let j = 0; j <= i; j++) lower[i * n + j] = matrix[row + (places?.[j] ?? j)] ?? 0;
      lower[i * n + i] = (lower[i * n + i] ?? 0) + ridge;
      weights[i] = kernel(similarities[i] ?? 0);
    }
    if (factor(lower, n)) break;
  }
  substitute(lower, weights, n);
  return weights;
};

/** Overwrites the lower triangle by its Cholesky factor; false where the matrix is not positive definite. */
const factor = (lower: Float64Array, n: number): boolean => {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = lower[i * n + j] ?? 0;
      for (let k = 0; k < j; k++) sum -= (lower[i * n + k] ?? 0) * (lower[j * n + k] ?? 0);
      if (i !== j) lower[i * n + j] = sum / (lower[j * n + j] ?? 1);
      else if (sum > 0) lower[i * n + i] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
};

/** Solves `L L^T x = right` in place. */
const substitute = (lower: Float64Array, right: Float64Array, n: number): void => {
  for (let i = 0; i < n; i++) {
    let sum = right[i] ?? 0;
    for (let k = 0; k < i; k++) sum -= (lower[i * n + k] ?? 0) * (right[k] ?? 0);
    right[i] = sum / (lower[i * n + i] ?? 1);
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = right[i] ?? 0;
    for (let k = i + 1; k < n; k++) sum -= (lower[k * n + i] ?? 0) * (right[k] ?? 0);
    right[i] = sum / (lower[i * n + i] ?? 1);
  }
};

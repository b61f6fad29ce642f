import { multiply, type Matrix } from "./products.ts";

/** Number of reflections applied at once, as matrix products. */
const BLOCK = 64;

/** `matrix = Q T Q^T` with T tridiagonal. It suffices for sums over eigenvalues and costs far less than eigenvectors. */
export interface Tridiagonal {
  /** `[n]` */
  readonly diagonal: Float64Array;
  /** `[n]`: the off-diagonal; entry i is T[i, i + 1], and the last entry is 0. */
  readonly beside: Float64Array;
  /** `[n, n]`: row k holds, from column k + 1 on, the vector v of the reflection `I - scale v v^T` of step k. */
  readonly reflections: Float64Array;
  /** `[n]`: the scale of each reflection. */
  readonly scales: Float64Array;
}

/**
 * Reduces a symmetric matrix to tridiagonal form with Householder reflections (Golub and Van Loan, "Matrix computations",
 * section 8.3.1). The update of each step shares one pass over the matrix with the product of the next step, because
 * memory access dominates the time.
 *
 * @param matrix `[n, n]` row-major; only the upper triangle is read; overwritten
 * @param rest awaited after each step
 */
export const tridiagonalize = async (
  matrix: Float64Array,
  n: number,
  rest: () => Promise<void>,
): Promise<Tridiagonal> => {
  const [diagonal, beside, scales] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  let [v, w] = [new Float64Array(n), new Float64Array(n)];
  for (let k = 0; k < n; k++) {
    const row = matrix.subarray(k * n, (k + 1) * n);
    const [vk, wk] = [v[k] ?? 0, w[k] ?? 0];
    for (let j = k; j < n; j++) row[j] = (row[j] ?? 0) - vk * (w[j] ?? 0) - wk * (v[j] ?? 0);
    diagonal[k] = row[k] ?? 0;
    if (k === n - 1) break;
    const { scale, length } = reflect(row, k + 1);
    beside[k] = length;
    scales[k] = scale;
    const product = new Float64Array(n);
    updateAndMultiply(matrix, n, k + 1, v, w, row, product);
    let along = 0;
    for (let j = k + 1; j < n; j++) along += (product[j] ?? 0) * (row[j] ?? 0);
    const half = (scale * scale * along) / 2;
    for (let j = k + 1; j < n; j++) product[j] = scale * (product[j] ?? 0) - half * (row[j] ?? 0);
    [v, w] = [row.slice(), product];
    await rest();
  }
  return { diagonal, beside, reflections: matrix, scales };
};

/** Overwrites `row` from `from` on with v, such that `I - scale v v^T` maps it to `length` times the first axis. */
const reflect = (row: Float64Array, from: number): { readonly scale: number; readonly length: number } => {
  const first = row[from] ?? 0;
  let squares = 0;
  for (let j = from + 1; j < row.length; j++) squares += (row[j] ?? 0) ** 2;
  if (squares === 0) {
    row[from] = 0;
    return { scale: 0, length: first };
  }
  const length = first > 0 ? -Math.sqrt(first * first + squares) : Math.sqrt(first * first + squares);
  row[from] = first - length;
  return { scale: 2 / ((first - length) ** 2 + squares), length };
};

/** Computes `A := A - v w^T - w v^T` in the upper triangle from `from` on, and `product := A x`. */
const updateAndMultiply = (
  matrix: Float64Array,
  n: number,
  from: number,
  v: Float64Array,
  w: Float64Array,
  x: Float64Array,
  product: Float64Array,
): void => {
  for (let i = from; i < n; i++) {
    const [vi, wi, xi] = [v[i] ?? 0, w[i] ?? 0, x[i] ?? 0];
    const start = i * n;
    let sum = 0;
    for (let j = i + 1; j < n; j++) {
      const entry = (matrix[start + j] ?? 0) - vi * (w[j] ?? 0) - wi * (v[j] ?? 0);
      matrix[start + j] = entry;
      sum += entry * (x[j] ?? 0);
      product[j] = (product[j] ?? 0) + entry * xi;
    }
    const own = (matrix[start + i] ?? 0) - 2 * vi * wi;
    matrix[start + i] = own;
    product[i] = (product[i] ?? 0) + sum + own * xi;
  }
};

/**
 * Multiplies by the orthogonal matrix of the reduction: `Q^T right`.
 *
 * @param right `[n, m]`; overwritten with the product
 * @returns `right`
 */
export const rotate = async ({ reflections, scales }: Tridiagonal, right: Matrix): Promise<Matrix> => {
  const { data, rows: n, columns: m } = right;
  for (let first = 0; first < n - 1; first += BLOCK) {
    const count = Math.min(BLOCK, n - 1 - first);
    const top = first + 1;
    const vectors = { data: new Float64Array(count * (n - top)), rows: count, columns: n - top };
    for (let k = 0; k < count; k++)
      vectors.data.set(
        reflections.subarray((first + k) * n + top + k, (first + k + 1) * n),
        k * (n - top) + k,
      );
    const affected = { data: data.subarray(top * m), rows: n - top, columns: m };
    const parts = await multiply(vectors, affected);
    const inner = await multiply(vectors, vectors, "right");
    const combined = await multiply(
      blockReflection(inner.data, scales.subarray(first), count),
      parts,
      "left",
    );
    const change = await multiply(vectors, combined, "left");
    for (let i = 0; i < change.data.length; i++)
      affected.data[i] = (affected.data[i] ?? 0) - (change.data[i] ?? 0);
  }
  return right;
};

/**
 * The upper triangular S with `H_1 .. H_count = I - V S V^T` (Schreiber and Van Loan, "A storage-efficient WY
 * representation for products of Householder transformations", 1989).
 *
 * @param inner `V^T V`
 */
const blockReflection = (inner: Float64Array, scales: Float64Array, count: number): Matrix => {
  const data = new Float64Array(count * count);
  for (let k = 0; k < count; k++) {
    const scale = scales[k] ?? 0;
    data[k * count + k] = scale;
    for (let i = 0; i < k; i++) {
      let sum = 0;
      for (let j = i; j < k; j++) sum += (data[i * count + j] ?? 0) * (inner[j * count + k] ?? 0);
      data[i * count + k] = -scale * sum;
    }
  }
  return { data, rows: count, columns: count };
};

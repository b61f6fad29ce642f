import { multiply, type Matrix } from "./products.ts";

/** Number of reflections applied at once, as matrix products. */
const BLOCK = 64;
/** Number of steps before the rest of the matrix is changed. */
const PANEL = 16;

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
 * Reduces a symmetric matrix to tridiagonal form with Householder reflections, in panels as LAPACK's dsytrd does (Dongarra,
 * Sorensen and Hammarling, "Block reduction of matrices to condensed forms", 1989): within a panel the rest of the matrix
 * is only read, and changed afterwards by one matrix product.
 *
 * @param matrix `[n, n]` row-major; only the upper triangle is read; overwritten
 * @param rest awaited after each step
 */
export const tridiagonalize = async (
  matrix: Float64Array,
  n: number,
  rest: () => Promise<void>,
): Promise<Tridiagonal> => {
  const reduced: Tridiagonal = {
    diagonal: new Float64Array(n),
    beside: new Float64Array(n),
    reflections: matrix,
    scales: new Float64Array(n),
  };
  for (let first = 0; first < n; first += PANEL) {
    const pairs: Pair[] = [];
    for (let k = first; k < Math.min(first + PANEL, n); k++) {
      reflectRow(reduced, n, k, pairs);
      await rest();
    }
    await takePairsAway(matrix, n, first + PANEL, pairs);
  }
  return reduced;
};

/** The change `- v w^T - w v^T` of one step, which the matrix has not had yet; entries up to the step's own are 0. */
interface Pair {
  readonly v: Float64Array;
  readonly w: Float64Array;
}

/** One step: row k becomes that of the tridiagonal matrix, and its reflection a pair of the panel. */
const reflectRow = (
  { diagonal, beside, reflections: matrix, scales }: Tridiagonal,
  n: number,
  k: number,
  pairs: Pair[],
): void => {
  const row = matrix.subarray(k * n, (k + 1) * n);
  for (const { v, w } of pairs) {
    const [vk, wk] = [v[k] ?? 0, w[k] ?? 0];
    for (let j = k; j < n; j++) row[j] = (row[j] ?? 0) - vk * (w[j] ?? 0) - wk * (v[j] ?? 0);
  }
  diagonal[k] = row[k] ?? 0;
  if (k === n - 1) return;
  const { scale, length } = reflect(row, k + 1);
  beside[k] = length;
  scales[k] = scale;
  const v = new Float64Array(n);
  v.set(row.subarray(k + 1), k + 1);
  const w = new Float64Array(n);
  multiplySymmetric(matrix, n, k + 1, v, w);
  for (const pair of pairs) {
    let [along, across] = [0, 0];
    for (let j = k + 1; j < n; j++) {
      along += (pair.w[j] ?? 0) * (v[j] ?? 0);
      across += (pair.v[j] ?? 0) * (v[j] ?? 0);
    }
    for (let j = k + 1; j < n; j++) w[j] = (w[j] ?? 0) - along * (pair.v[j] ?? 0) - across * (pair.w[j] ?? 0);
  }
  let along = 0;
  for (let j = k + 1; j < n; j++) along += (w[j] ?? 0) * (v[j] ?? 0);
  const half = (scale * scale * along) / 2;
  for (let j = k + 1; j < n; j++) w[j] = scale * (w[j] ?? 0) - half * (v[j] ?? 0);
  pairs.push({ v, w });
};

/** `A := A - V W^T - W V^T` in the upper triangle from `from` on. */
const takePairsAway = async (
  matrix: Float64Array,
  n: number,
  from: number,
  pairs: readonly Pair[],
): Promise<void> => {
  const size = n - from;
  if (size <= 0) return;
  const stack = (rows: readonly Float64Array[]): Matrix => {
    const data = new Float64Array(rows.length * size);
    rows.forEach((row, i) => data.set(row.subarray(from), i * size));
    return { data, rows: rows.length, columns: size };
  };
  const [vs, ws] = [pairs.map(({ v }) => v), pairs.map(({ w }) => w)];
  const { data } = await multiply(stack([...vs, ...ws]), stack([...ws, ...vs]), "left");
  for (let i = 0; i < size; i++) {
    const start = (from + i) * n + from;
    for (let j = i; j < size; j++) matrix[start + j] = (matrix[start + j] ?? 0) - (data[i * size + j] ?? 0);
  }
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

/** Adds `A x` to `product`, of the part of A from `from` on, whose upper triangle is read: four rows at a time. */
const multiplySymmetric = (
  matrix: Float64Array,
  n: number,
  from: number,
  x: Float64Array,
  product: Float64Array,
): void => {
  for (let i = from; i < n; i += 4) {
    const next = Math.min(i + 4, n);
    for (let row = i; row < next; row++) addRow(matrix, n, row, next, x, product);
    if (next === n) return;
    const [one, two, three, four] = [i * n, (i + 1) * n, (i + 2) * n, (i + 3) * n];
    const [a, b, c, d] = [x[i] ?? 0, x[i + 1] ?? 0, x[i + 2] ?? 0, x[i + 3] ?? 0];
    let sumOne = 0;
    let sumTwo = 0;
    let sumThree = 0;
    let sumFour = 0;
    for (let j = next; j < n; j++) {
      const p = matrix[one + j] ?? 0;
      const q = matrix[two + j] ?? 0;
      const r = matrix[three + j] ?? 0;
      const s = matrix[four + j] ?? 0;
      const along = x[j] ?? 0;
      sumOne += p * along;
      sumTwo += q * along;
      sumThree += r * along;
      sumFour += s * along;
      product[j] = (product[j] ?? 0) + (p * a + q * b + (r * c + s * d));
    }
    product[i] = (product[i] ?? 0) + sumOne;
    product[i + 1] = (product[i + 1] ?? 0) + sumTwo;
    product[i + 2] = (product[i + 2] ?? 0) + sumThree;
    product[i + 3] = (product[i + 3] ?? 0) + sumFour;
  }
};

/** Adds the part of `A x` that comes from row i up to the column `to`, and from the same entries below the diagonal. */
const addRow = (
  matrix: Float64Array,
  n: number,
  i: number,
  to: number,
  x: Float64Array,
  product: Float64Array,
): void => {
  const own = x[i] ?? 0;
  let sum = (matrix[i * n + i] ?? 0) * own;
  for (let j = i + 1; j < to; j++) {
    const entry = matrix[i * n + j] ?? 0;
    sum += entry * (x[j] ?? 0);
    product[j] = (product[j] ?? 0) + entry * own;
  }
  product[i] = (product[i] ?? 0) + sum;
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

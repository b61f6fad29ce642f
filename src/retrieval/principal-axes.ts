import { leadingEigen, multiply, type Eigen, type Matrix } from "../math/linear-algebra/index.ts";

/** Number of rows, and of columns, multiplied at once. */
const CHUNK_ROWS = 2_048;
const BLOCK_COLUMNS = 768;
/** Unit rows of float32 vary by up to this much from rounding alone (6e-8 per value). */
export const ROUNDING_VARIANCE = 1e-13;

/**
 * The largest variances of rows around their mean and their directions, in float64, to 1e-4 of a deviation. With
 * fewer rows than dimensions they are computed from the smaller Gram matrix of the rows.
 *
 * @param rows `[n, d]` row-major
 * @param mean `[d]`
 * @param rank at most d and n - 1; the result has fewer if the rows span fewer directions
 * @returns population variances, descending, and unit directions `[rank, d]`
 */
export const principalAxes = async (rows: Float32Array, mean: Float64Array, rank: number): Promise<Eigen> => {
  const d = mean.length;
  const n = rows.length / d;
  const { values, vectors } =
    n > d
      ? await leadingEigen(await covarianceOf(rows, mean), d, rank)
      : await axesByGram(centeredRows(rows, mean, 0, n), rank);
  const least = Math.max(ROUNDING_VARIANCE, Math.max(n, d) * Number.EPSILON * (values[0] ?? 0));
  const kept = values.findLastIndex((value) => value > least) + 1;
  return { values: values.slice(0, kept), vectors: vectors.slice(0, kept * d) };
};

/** Rows `first .. last - 1` minus the mean. */
const centeredRows = (rows: Float32Array, mean: Float64Array, first: number, last: number): Matrix => {
  const d = mean.length;
  const data = new Float64Array((last - first) * d);
  for (let row = 0; row < last - first; row++)
    for (let i = 0; i < d; i++) data[row * d + i] = (rows[(first + row) * d + i] ?? 0) - (mean[i] ?? 0);
  return { data, rows: last - first, columns: d };
};

/**
 * `X^T X / n`, `[d, d]`: only blocks on and right of the diagonal are multiplied, because the matrix is symmetric.
 */
const covarianceOf = async (rows: Float32Array, mean: Float64Array): Promise<Float64Array> => {
  const d = mean.length;
  const n = rows.length / d;
  const sum = new Float64Array(d * d);
  for (let first = 0; first < n; first += CHUNK_ROWS) {
    const chunk = centeredRows(rows, mean, first, Math.min(n, first + CHUNK_ROWS));
    for (let from = 0; from < d; from += BLOCK_COLUMNS) {
      const left = columnsOf(chunk, from, Math.min(d, from + BLOCK_COLUMNS));
      const { data } = await multiply(left, columnsOf(chunk, from, d), "left");
      addBlock(sum, d, from, data, left.columns);
    }
  }
  for (let i = 0; i < d; i++)
    for (let j = i; j < d; j++) sum[i * d + j] = sum[j * d + i] = (sum[i * d + j] ?? 0) / n;
  return sum;
};

const columnsOf = ({ data, rows, columns }: Matrix, from: number, to: number): Matrix => {
  if (from === 0 && to === columns) return { data, rows, columns };
  const width = to - from;
  const some = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++)
    some.set(data.subarray(row * columns + from, row * columns + to), row * width);
  return { data: some, rows, columns: width };
};

/** Adds `[height, d - from]` to the rows from `from` on, and the columns from `from` on. */
const addBlock = (sum: Float64Array, d: number, from: number, block: Float64Array, height: number): void => {
  const width = d - from;
  for (let i = 0; i < height; i++) {
    const to = (from + i) * d + from;
    for (let j = 0; j < width; j++) sum[to + j] = (sum[to + j] ?? 0) + (block[i * width + j] ?? 0);
  }
};

/** From the eigenvectors u of `X X^T / n`: v = X^T u / |X^T u| has the same eigenvalue. */
const axesByGram = async (centered: Matrix, rank: number): Promise<Eigen> => {
  const { data: gram } = await multiply(centered, centered, "right");
  const n = centered.rows;
  for (let i = 0; i < gram.length; i++) gram[i] = (gram[i] ?? 0) / n;
  const { values, vectors } = await leadingEigen(gram, n, rank);
  const lifted = await multiply({ data: vectors, rows: rank, columns: n }, centered);
  scaleToUnit(lifted);
  return { values, vectors: lifted.data };
};

const scaleToUnit = ({ data, rows, columns }: Matrix): void => {
  for (let row = 0; row < rows; row++) {
    const direction = data.subarray(row * columns, (row + 1) * columns);
    const norm = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0));
    for (let i = 0; i < columns; i++) direction[i] = norm === 0 ? 0 : (direction[i] ?? 0) / norm;
  }
};

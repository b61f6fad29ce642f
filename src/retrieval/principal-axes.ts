import {
  leadingEigen,
  mirrorUpper,
  multiply,
  multiplySingle,
  type Eigen,
  type Matrix,
} from "../math/linear-algebra/index.ts";

/** Number of rows, and of columns, multiplied at once. */
const CHUNK_ROWS = 2_000;
const BLOCK_COLUMNS = 512;
/** Rows whose entries of one column are written one after another. */
const TILE = 16;
/** Covariances of more dimensions are multiplied in float32 first, which takes half of the time. */
const SINGLE_DIMENSIONS = 1_024;
/**
 * Variances of at least these shares of the greatest and of the mean one are then within 5e-5 of those of float64. The
 * rounding of products is that of the mean variance; measured, it is 1e-5 of a variance 500 times below it.
 */
const SINGLE_SHARES = { greatest: 1e-4, mean: 2e-3 } as const;
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
    n > d ? await axesByCovariance(rows, mean, rank) : await axesByGram(centeredRows(rows, mean), rank);
  const least = Math.max(ROUNDING_VARIANCE, Math.max(n, d) * Number.EPSILON * (values[0] ?? 0));
  const kept = values.findLastIndex((value) => value > least) + 1;
  return { values: values.slice(0, kept), vectors: vectors.slice(0, kept * d) };
};

const axesByCovariance = async (rows: Float32Array, mean: Float64Array, rank: number): Promise<Eigen> => {
  const d = mean.length;
  if (d > SINGLE_DIMENSIONS) {
    const covariance = await covarianceOf(rows, mean, inSingle);
    const found = await leadingEigen(covariance, d, rank);
    if (isWithinSingle(found.values, covariance)) return found;
  }
  return leadingEigen(await covarianceOf(rows, mean, inDouble), d, rank);
};

/** Whether all variances are so large that products in float32 are exact enough. */
const isWithinSingle = (variances: Float64Array, covariance: Float64Array): boolean => {
  const d = Math.sqrt(covariance.length);
  let trace = 0;
  for (let i = 0; i < d; i++) trace += covariance[i * d + i] ?? 0;
  const least = variances[variances.length - 1] ?? 0;
  return least >= SINGLE_SHARES.greatest * (variances[0] ?? 0) && least >= SINGLE_SHARES.mean * (trace / d);
};

/** Rows minus the mean, `[n, d]`. */
const centeredRows = (rows: Float32Array, mean: Float64Array): Matrix => {
  const d = mean.length;
  const data = new Float64Array(rows.length);
  for (let start = 0; start < rows.length; start += d)
    for (let i = 0; i < d; i++) data[start + i] = (rows[start + i] ?? 0) - (mean[i] ?? 0);
  return { data, rows: rows.length / d, columns: d };
};

/** The products of the rows `from .. to - 1` of a matrix with all those from `from` on. */
type Products = (from: number, to: number) => Promise<Float32Array | Float64Array>;

/** Centres rows and opens the products of their columns. */
type OpenProducts = (rows: Float32Array, mean: Float64Array) => Products;

const inDouble: OpenProducts = (rows, mean) => {
  const columns = rows.length / mean.length;
  const data = new Float64Array(rows.length);
  centerColumns(rows, mean, data);
  return async (from, to) => {
    const left = { data: data.subarray(from * columns, to * columns), rows: to - from, columns };
    const right = { data: data.subarray(from * columns), rows: mean.length - from, columns };
    return (await multiply(left, right, "right")).data;
  };
};

const inSingle: OpenProducts = (rows, mean) => {
  const columns = rows.length / mean.length;
  const data = new Float32Array(rows.length);
  centerColumns(rows, mean, data);
  return async (from, to) => {
    const left = { data: data.subarray(from * columns, to * columns), rows: to - from, columns };
    const right = { data: data.subarray(from * columns), rows: mean.length - from, columns };
    return (await multiplySingle(left, right, "right")).data;
  };
};

/** Writes the columns of rows minus the mean, `[d, n]`, in tiles that stay in the cache. */
const centerColumns = (rows: Float32Array, mean: Float64Array, into: Float32Array | Float64Array): void => {
  const d = mean.length;
  const n = rows.length / d;
  for (let top = 0; top < n; top += TILE) {
    const bottom = Math.min(n, top + TILE);
    for (let i = 0; i < d; i++) {
      const center = mean[i] ?? 0;
      for (let row = top; row < bottom; row++) into[i * n + row] = (rows[row * d + i] ?? 0) - center;
    }
  }
};

/**
 * `X^T X / n`, `[d, d]`, of centred rows: only blocks on and right of the diagonal are multiplied, because the matrix is
 * symmetric. Products of chunks are added up in float64.
 */
const covarianceOf = async (
  rows: Float32Array,
  mean: Float64Array,
  openProducts: OpenProducts,
): Promise<Float64Array> => {
  const d = mean.length;
  const n = rows.length / d;
  const sum = new Float64Array(d * d);
  for (let first = 0; first < n; first += CHUNK_ROWS) {
    const last = Math.min(n, first + CHUNK_ROWS);
    const productsOf = openProducts(rows.subarray(first * d, last * d), mean);
    for (let from = 0; from < d; from += BLOCK_COLUMNS) {
      const to = Math.min(d, from + BLOCK_COLUMNS);
      addBlock(sum, d, from, await productsOf(from, to), to - from);
    }
  }
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) / n;
  mirrorUpper(sum, d);
  return sum;
};

/** Adds `[height, d - from]` to the rows from `from` on, and the columns from `from` on. */
const addBlock = (
  sum: Float64Array,
  d: number,
  from: number,
  block: Float32Array | Float64Array,
  height: number,
): void => {
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

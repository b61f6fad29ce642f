import { dot } from "../../../math/dot.ts";
import type { Matrix } from "../../../math/linear-algebra/index.ts";
import type { Embeddings, Numbers } from "./types.ts";

/** The columns of `[n, d]` features as the rows of `[d, n]`, each contiguous, which most methods here work on. */
export const columnsOf = ({ data, n, d }: Embeddings): Matrix => {
  const columns = new Float64Array(n * d);
  // In strips, so that the written columns stay in the cache.
  for (let left = 0; left < d; left += STRIP) {
    const right = Math.min(d, left + STRIP);
    for (let i = 0; i < n; i++) for (let j = left; j < right; j++) columns[j * n + i] = data[i * d + j] ?? 0;
  }
  return { data: columns, rows: d, columns: n };
};

const STRIP = 16;

/** The same rows in float64. */
export const float64Of = ({ data, rows, columns }: Numbers): Matrix => ({
  data: data instanceof Float64Array ? data : Float64Array.from(data),
  rows,
  columns,
});

export const embeddingsOf = ({ data, rows, columns }: Numbers): Embeddings => ({ data, n: rows, d: columns });

/** Subtracts the mean of each row of `columns`; a constant row becomes exactly 0. */
export const centre = (columns: Matrix): Matrix => {
  forEachRow(columns, (row) => {
    const first = row[0] ?? 0;
    if (row.every((value) => value === first)) {
      row.fill(0);
      return;
    }
    const mean = meanOf(row);
    for (let i = 0; i < row.length; i++) row[i] = (row[i] ?? 0) - mean;
  });
  return columns;
};

/**
 * Subtracts from each row of `columns` its mean and divides by its standard deviation (population) + `smoothing`; a row
 * that is constant becomes 0. EMMS smooths by 1e-8, the default.
 */
export const standardize = (columns: Matrix, smoothing = 1e-8): Matrix => {
  forEachRow(centre(columns), (row) => {
    const squares = squaresOf(row);
    if (squares > 0) scale(row, 1 / (Math.sqrt(squares / row.length) + smoothing));
  });
  return columns;
};

/** Scales each row to length 1; a row of zeros stays. */
export const normalize = (columns: Matrix): Matrix => {
  forEachRow(columns, (row) => {
    const squares = squaresOf(row);
    if (squares > 0) scale(row, 1 / Math.sqrt(squares));
  });
  return columns;
};

const forEachRow = ({ data, rows, columns }: Matrix, change: (row: Float64Array) => void): void => {
  for (let i = 0; i < rows; i++) change(data.subarray(i * columns, (i + 1) * columns));
};

/** In two passes, because the second removes the rounding error of the first. */
const meanOf = (row: Float64Array): number => {
  const rough = sumOf(row, 0) / row.length;
  return rough + sumOf(row, rough) / row.length;
};

const sumOf = (row: Float64Array, less: number): number => {
  let sum = 0;
  for (const value of row) sum += value - less;
  return sum;
};

const squaresOf = (row: Float64Array): number => dot(row, row);

const scale = (row: Float64Array, by: number): void => {
  for (let i = 0; i < row.length; i++) row[i] = (row[i] ?? 0) * by;
};

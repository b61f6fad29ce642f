import { multiply, type Matrix } from "./products.ts";

/** Rows per block; each block is multiplied with itself and the rows after it only. */
const BLOCK = 512;

/**
 * The Gram matrix `rows rows^T`.
 *
 * @returns `[m, m]` row-major, exactly symmetric
 */
export const gramOfRows = async ({ data, rows: m, columns: n }: Matrix): Promise<Float64Array> => {
  const gram = new Float64Array(m * m);
  for (let from = 0; from < m; from += BLOCK) {
    const height = Math.min(BLOCK, m - from);
    const block = { data: data.subarray(from * n, (from + height) * n), rows: height, columns: n };
    const rest = { data: data.subarray(from * n), rows: m - from, columns: n };
    const products = await multiply(block, rest, "right");
    for (let i = 0; i < height; i++)
      gram.set(products.data.subarray(i * (m - from), (i + 1) * (m - from)), (from + i) * m + from);
  }
  mirrorUpper(gram, m);
  return gram;
};

/** The identity matrix, `[size, size]`. */
export const identity = (size: number): Matrix => {
  const data = new Float64Array(size * size);
  for (let i = 0; i < size; i++) data[i * size + i] = 1;
  return { data, rows: size, columns: size };
};

/** Copies the upper triangle of a square matrix to the lower one. */
export const mirrorUpper = (matrix: Float64Array, size: number): void => {
  for (let left = 0; left < size; left += TILE)
    for (let i = left; i < size; i++) {
      const right = Math.min(left + TILE, i);
      for (let j = left; j < right; j++) matrix[i * size + j] = matrix[j * size + i] ?? 0;
    }
};

/** Side of the square tiles that are transposed at once, to fit the CPU cache. */
const TILE = 32;

/** The transposed matrix, as a copy. */
export const transpose = ({ data, rows, columns }: Matrix): Matrix => {
  const turned = new Float64Array(data.length);
  for (let top = 0; top < rows; top += TILE) {
    const bottom = Math.min(rows, top + TILE);
    for (let left = 0; left < columns; left += TILE) {
      const right = Math.min(columns, left + TILE);
      for (let i = top; i < bottom; i++)
        for (let j = left; j < right; j++) turned[j * rows + i] = data[i * columns + j] ?? 0;
    }
  }
  return { data: turned, rows: columns, columns: rows };
};

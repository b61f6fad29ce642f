import type { Matrix } from "../../../math/linear-algebra/index.ts";
import type { Numbers } from "./types.ts";

/**
 * Standardises each column of row-major data, as `standardize` does for contiguous columns. Where a product needs rows,
 * this saves two transpositions.
 */
export const standardizedRows = ({ data, rows: n, columns: d }: Numbers): Matrix => {
  const made = Float64Array.from(data);
  const varies = new Float64Array(d);
  for (let start = 0; start < made.length; start += d)
    for (let j = 0; j < d; j++) if (made[start + j] !== made[j]) varies[j] = 1;
  // Twice, because the second pass removes the rounding error of the first.
  subtractMeans(made, n, d);
  subtractMeans(made, n, d);
  const squares = new Float64Array(d);
  for (let start = 0; start < made.length; start += d)
    for (let j = 0; j < d; j++) squares[j] = (squares[j] ?? 0) + (made[start + j] ?? 0) ** 2;
  const scales = squares.map((sum, j) => (varies[j] ?? 0) / (Math.sqrt(sum / n) + 1e-8));
  for (let start = 0; start < made.length; start += d)
    for (let j = 0; j < d; j++) made[start + j] = (made[start + j] ?? 0) * (scales[j] ?? 0);
  return { data: made, rows: n, columns: d };
};

const subtractMeans = (data: Float64Array, n: number, d: number): void => {
  const sums = new Float64Array(d);
  for (let start = 0; start < data.length; start += d)
    for (let j = 0; j < d; j++) sums[j] = (sums[j] ?? 0) + (data[start + j] ?? 0);
  for (let start = 0; start < data.length; start += d)
    for (let j = 0; j < d; j++) data[start + j] = (data[start + j] ?? 0) - (sums[j] ?? 0) / n;
};

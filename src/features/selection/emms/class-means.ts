import type { Matrix } from "../../../math/linear-algebra/index.ts";
import type { Classes } from "./classes.ts";

/**
 * The mean of each class.
 *
 * @param columns `[d, n]`
 * @returns `[d, C]`
 */
export const classMeans = (columns: Matrix, { ids, count, sizes }: Classes): Matrix => {
  const { rows: d, columns: n } = columns;
  const data = new Float64Array(d * count);
  for (let j = 0; j < d; j++) {
    for (let i = 0; i < n; i++) {
      const at = j * count + (ids[i] ?? 0);
      data[at] = (data[at] ?? 0) + (columns.data[j * n + i] ?? 0);
    }
    for (let c = 0; c < count; c++) data[j * count + c] = (data[j * count + c] ?? 0) / (sizes[c] ?? 1);
  }
  return { data, rows: d, columns: count };
};

/** Moves the diagonal of a covariance towards its mean, in place: `(1 - by) S + by tr(S) / d I`. */
export const shrink = (covariance: Float64Array, d: number, by: number): Float64Array => {
  const mean = traceOf(covariance, d) / d;
  for (let i = 0; i < covariance.length; i++) covariance[i] = (1 - by) * (covariance[i] ?? 0);
  for (let j = 0; j < d; j++) covariance[j * d + j] = (covariance[j * d + j] ?? 0) + by * mean;
  return covariance;
};

export const traceOf = (matrix: Float64Array, d: number): number => {
  let trace = 0;
  for (let j = 0; j < d; j++) trace += matrix[j * d + j] ?? 0;
  return trace;
};

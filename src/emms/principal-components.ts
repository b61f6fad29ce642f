import { eigenSymmetric, gramOfRows, multiply, transpose, type Matrix } from "../linear-algebra/index.ts";
import { centre, columnsOf } from "./columns.ts";
import type { Features } from "./types.ts";

/** Directions whose variance is a smaller share of the first one's are rounding. */
const FLOOR = 1e-12;

export interface PrincipalComponents {
  /** `[n, r]`: the rows, centred, in their principal directions, the greatest variance first. */
  readonly rows: Matrix;
  /** The share of the whole variance that is in them. */
  readonly varianceKept: number;
}

/**
 * @param keep how many directions are kept, by the variance along each, descending and none of them 0
 * @returns with r = 0 where the rows are all the same
 */
export const principalComponents = async (
  features: Features,
  keep: (variances: Float64Array) => number,
): Promise<PrincipalComponents> => {
  const { n, d } = features;
  const columns = centre(columnsOf(features));
  // Of X^T X and X X^T the smaller, for the time grows with the cube; they have the same eigenvalues but for zeros.
  const tall = n >= d;
  const size = Math.min(n, d);
  const products = await gramOfRows(tall ? columns : transpose(columns));
  const { values, vectors } = await eigenSymmetric(
    products.map((value) => value / n),
    size,
  );
  const floor = FLOOR * Math.max(0, values[0] ?? 0);
  const variances = values.filter((value) => value > floor);
  const r = Math.min(variances.length, keep(variances));
  const total = variances.reduce((sum, value) => sum + value, 0);
  const kept = variances.subarray(0, r).reduce((sum, value) => sum + value, 0);
  const directions = { data: vectors.slice(0, r * size), rows: r, columns: size };
  const rows =
    r === 0
      ? { data: new Float64Array(0), rows: n, columns: 0 }
      : tall
        ? transpose(await multiply(directions, columns))
        : scaledColumns(directions, variances, n);
  return { rows, varianceKept: total === 0 ? 0 : kept / total };
};

/** The directions of `X X^T` are the coordinates of the rows, but for their length. */
const scaledColumns = ({ data, rows: r }: Matrix, variances: Float64Array, n: number): Matrix => {
  const rows = new Float64Array(n * r);
  for (let j = 0; j < r; j++) {
    const scale = Math.sqrt(n * (variances[j] ?? 0));
    for (let i = 0; i < n; i++) rows[i * r + j] = scale * (data[j * n + i] ?? 0);
  }
  return { data: rows, rows: n, columns: r };
};

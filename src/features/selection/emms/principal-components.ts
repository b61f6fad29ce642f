import {
  eigenvaluesOf,
  gramOfRows,
  identity,
  multiply,
  rotate,
  transpose,
  tridiagonalize,
  tridiagonalVectors,
  type Matrix,
} from "../../../math/linear-algebra/index.ts";
import { createTurns } from "../../../math/slices.ts";
import { centre, columnsOf } from "./columns.ts";
import type { Embeddings } from "./types.ts";

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
  embeddings: Embeddings,
  keep: (variances: Float64Array) => number,
  signal?: AbortSignal,
): Promise<PrincipalComponents> => {
  const { n, d } = embeddings;
  const rest = createTurns(signal);
  const columns = centre(columnsOf(embeddings));
  // Of X^T X and X X^T the smaller, for the time grows with the cube; they have the same eigenvalues but for zeros.
  const tall = n >= d;
  const size = Math.min(n, d);
  const products = await gramOfRows(tall ? columns : transpose(columns));
  await rest();
  const reduced = await tridiagonalize(products, size, rest);
  const values = eigenvaluesOf(reduced).sort().reverse();
  const floor = FLOOR * Math.max(0, values[0] ?? 0);
  const positive = values.filter((value) => value > floor);
  const total = positive.reduce((sum, value) => sum + value, 0);
  const kept = positive.slice(0, keep(positive.map((value) => value / n)));
  if (kept.length === 0) return { rows: { data: new Float64Array(0), rows: n, columns: 0 }, varianceKept: 0 };
  const directions = await tridiagonalVectors(reduced, kept, rest);
  const varianceKept = kept.reduce((sum, value) => sum + value, 0) / total;
  // With X^T X = Q T Q^T and T = U D U^T the directions are Q U, so that the rows in them are (Q^T X^T)^T U.
  const turned = await rotate(reduced, tall ? columns : identity(size));
  await rest();
  const rows = transpose(await multiply(directions, turned));
  return { rows: tall ? rows : scaleColumns(rows, kept), varianceKept };
};

/** The unit directions of `X X^T` are the rows' coordinates, but for the singular values. */
const scaleColumns = ({ data, rows, columns }: Matrix, squares: Float64Array): Matrix => ({
  data: data.map((value, at) => value * Math.sqrt(squares[at % columns] ?? 0)),
  rows,
  columns,
});

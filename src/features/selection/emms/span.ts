import { dot } from "../../../math/dot.ts";
import {
  gramOfRows,
  multiply,
  solveLower,
  solveLowerTransposed,
  transpose,
  type Matrix,
} from "../../../math/linear-algebra/index.ts";
import { centre, columnsOf, normalize } from "./columns.ts";
import type { Embeddings } from "./types.ts";
import { factorPivoted } from "./pivoted-cholesky.ts";

/**
 * A column counts as dependent where what the others do not explain of it is below this share of its squared length:
 * 3e-6 of the length, an order above what rounding to float32 leaves of a column that is the sum of others.
 */
const DEPENDENT = 1e-11;
/** Where the least pivot is below, the basis is far enough from orthonormal to be refined. */
const ILL_CONDITIONED = 1e-3;

/** The space that the centred columns of features span, which determines every least-squares fit. */
export interface Span {
  readonly rank: number;
  /**
   * `[K, K]`: entry (k, l) is `<P Z_k, P Z_l>`, P the projector on the space, sums over all entries.
   *
   * @param matrices K matrices `[n, m]`
   */
  readonly energies: (matrices: readonly Matrix[]) => Promise<Float64Array>;
}

/**
 * From the normal equations: an orthonormal basis is `Q = M L^-T`, with M a choice of independent columns and
 * `M^T M = L L^T`, and Q itself is never needed. Features of fewer rows than columns are first replaced by the
 * factor of their rows' products, which spans the same space.
 */
export const spanOf = async (embeddings: Embeddings): Promise<Span> => {
  const columns = normalize(centre(columnsOf(embeddings)));
  return embeddings.n > embeddings.d ? spanOfColumns(columns) : spanOfColumns(await fewerColumns(columns));
};

/** `[rank, n]`, of the same span as `[d, n]`. */
const fewerColumns = async (columns: Matrix): Promise<Matrix> => {
  const n = columns.columns;
  const products = await gramOfRows(transpose(columns));
  let most = 0;
  for (let i = 0; i < n; i++) most = Math.max(most, products[i * n + i] ?? 0);
  const { lower, rank } = await factorPivoted(products, n, DEPENDENT * most);
  return normalize(transpose({ data: lower, rows: n, columns: rank }));
};

/** @param columns `[d, n]`, each row of length 1 or 0 */
const spanOfColumns = async (columns: Matrix): Promise<Span> => {
  const products = await gramOfRows(columns);
  const { lower, pivots, rank, smallest } = await factorPivoted(products, columns.rows, DEPENDENT);
  const triangle = rowsOf({ data: lower, rows: columns.rows, columns: rank }, pivots);

  /** `Q^T right`. */
  const coordinates = async (right: Matrix): Promise<Matrix> =>
    solveLower(triangle.data, rowsOf(await multiply(columns, right), pivots));

  /** `right - Q parts`. */
  const without = async (right: Matrix, parts: Matrix): Promise<Matrix> => {
    const solved = await solveLowerTransposed(triangle.data, { ...parts, data: parts.data.slice() });
    const spread = new Float64Array(columns.rows * solved.columns);
    pivots.forEach((row, i) =>
      spread.set(solved.data.subarray(i * solved.columns, (i + 1) * solved.columns), row * solved.columns),
    );
    const fitted = await multiply(
      columns,
      { data: spread, rows: columns.rows, columns: right.columns },
      "left",
    );
    return { ...right, data: right.data.map((value, i) => value - (fitted.data[i] ?? 0)) };
  };

  /**
   * `(Q^T Q)^-1 Q^T right` to the square of the distance of `Q^T Q` from 1, for then `Z^T Q` times it is `Z^T P right`.
   */
  const refined = async (right: Matrix, parts: Matrix): Promise<Float64Array> => {
    if (smallest >= ILL_CONDITIONED) return parts.data;
    const correction = await coordinates(await without(right, parts));
    return parts.data.map((value, i) => value + (correction.data[i] ?? 0));
  };

  return {
    rank,
    energies: async (matrices) => {
      const size = matrices.length;
      const energies = new Float64Array(size * size);
      if (rank === 0) return energies;
      const [plain, better]: [Float64Array[], Float64Array[]] = [[], []];
      for (const matrix of matrices) {
        const parts = await coordinates(matrix);
        plain.push(parts.data);
        better.push(await refined(matrix, parts));
      }
      for (let k = 0; k < size; k++) {
        for (let l = 0; l <= k; l++) {
          const energy = dot(plain[k] ?? NONE, better[l] ?? NONE);
          energies[k * size + l] = energy;
          energies[l * size + k] = energy;
        }
      }
      return energies;
    },
  };
};

const NONE = new Float64Array(0);

const rowsOf = ({ data, columns }: Matrix, chosen: Int32Array): Matrix => {
  const rows = new Float64Array(chosen.length * columns);
  chosen.forEach((row, i) => rows.set(data.subarray(row * columns, (row + 1) * columns), i * columns));
  return { data: rows, rows: chosen.length, columns };
};

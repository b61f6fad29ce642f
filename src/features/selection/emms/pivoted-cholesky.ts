import { multiply } from "../../../math/linear-algebra/index.ts";

/** Number of columns factored by loops before the remainder is updated by a matrix product. */
const BLOCK = 128;

/** A rank-revealing Cholesky factor. */
export interface PivotedFactor {
  readonly rank: number;
  /** `[rank]`: the row and column chosen at each step, the one with the greatest remaining diagonal entry. */
  readonly pivots: Int32Array;
  /** `[n, rank]`: L with `L L^T = matrix` up to the tolerance; its rows `pivots` are lower triangular. */
  readonly lower: Float64Array;
  /** The smallest pivot: the least remaining diagonal entry that a step chose. */
  readonly smallest: number;
}

/**
 * Cholesky factorisation with pivoting, which reveals the rank (Higham, "Accuracy and stability of numerical algorithms",
 * section 10.3). It stops when every remaining diagonal entry is at most `tolerance`.
 *
 * @param matrix `[n, n]` row-major, symmetric positive semidefinite; overwritten
 */
export const factorPivoted = async (
  matrix: Float64Array,
  n: number,
  tolerance: number,
): Promise<PivotedFactor> => {
  const lower = new Float64Array(n * n);
  const pivots: number[] = [];
  let rest = Int32Array.from({ length: n }, (_, i) => i);
  let smallest = Infinity;
  while (rest.length > 0) {
    const panel = takePanel(matrix, n, rest, tolerance);
    const { steps, left, data } = panel;
    rest.forEach((row, i) =>
      lower.set(data.subarray(i * BLOCK, i * BLOCK + steps.length), row * n + pivots.length),
    );
    for (const at of steps) pivots.push(rest[at] ?? 0);
    smallest = Math.min(smallest, panel.smallest);
    if (steps.length < BLOCK) break;
    const kept = { data: new Float64Array(left.length * BLOCK), rows: left.length, columns: BLOCK };
    left.forEach((at, i) => kept.data.set(data.subarray(at * BLOCK, (at + 1) * BLOCK), i * BLOCK));
    rest = left.map((at) => rest[at] ?? 0);
    const explained = await multiply(kept, kept, "right");
    subtract(matrix, n, rest, explained.data);
  }
  const rank = pivots.length;
  const trimmed = new Float64Array(n * rank);
  for (let i = 0; i < n; i++) trimmed.set(lower.subarray(i * n, i * n + rank), i * rank);
  return { rank, pivots: Int32Array.from(pivots), lower: trimmed, smallest };
};

/** Factors up to `BLOCK` columns among the rows `rest`; positions in the result are indices into `rest`. */
const takePanel = (matrix: Float64Array, n: number, rest: Int32Array, tolerance: number) => {
  const data = new Float64Array(rest.length * BLOCK);
  const diagonal = Float64Array.from(rest, (row) => matrix[row * n + row] ?? 0);
  const left = Int32Array.from(rest, (_, i) => i);
  const own = new Float64Array(BLOCK);
  const steps: number[] = [];
  let count = left.length;
  let smallest = Infinity;
  while (steps.length < BLOCK && count > 0) {
    const at = greatest(diagonal, left, count);
    const pivot = left[at] ?? 0;
    const value = diagonal[pivot] ?? 0;
    if (!(value > tolerance)) break;
    smallest = Math.min(smallest, value);
    const [step, root, row] = [steps.length, Math.sqrt(value), (rest[pivot] ?? 0) * n];
    data[pivot * BLOCK + step] = root;
    own.set(data.subarray(pivot * BLOCK, pivot * BLOCK + step));
    // Keep the order of the remaining rows, so that ties are broken by position.
    left.copyWithin(at, at + 1, count);
    count--;
    for (let l = 0; l < count; l++) {
      const i = left[l] ?? 0;
      const start = i * BLOCK;
      let sum = matrix[row + (rest[i] ?? 0)] ?? 0;
      for (let k = 0; k < step; k++) sum -= (data[start + k] ?? 0) * (own[k] ?? 0);
      const entry = sum / root;
      data[start + step] = entry;
      diagonal[i] = (diagonal[i] ?? 0) - entry * entry;
    }
    steps.push(pivot);
  }
  return { data, steps, left: left.slice(0, count), smallest };
};

/** The position of the greatest diagonal entry among the first `count` rows of `left`. */
const greatest = (diagonal: Float64Array, left: Int32Array, count: number): number => {
  let best = 0;
  for (let l = 1; l < count; l++)
    if ((diagonal[left[l] ?? 0] ?? 0) > (diagonal[left[best] ?? 0] ?? 0)) best = l;
  return best;
};

const subtract = (matrix: Float64Array, n: number, rest: Int32Array, what: Float64Array): void => {
  const m = rest.length;
  for (let i = 0; i < m; i++) {
    const row = (rest[i] ?? 0) * n;
    for (let j = 0; j < m; j++) {
      const at = row + (rest[j] ?? 0);
      matrix[at] = (matrix[at] ?? 0) - (what[i * m + j] ?? 0);
    }
  }
};

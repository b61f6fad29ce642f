import { multiply } from "./products.ts";

/** Columns that are factored by plain loops; what they take from the rest is a product of matrices. */
const BLOCK = 64;

export interface PivotedFactor {
  readonly rank: number;
  /** `[rank]`: which row and column was taken at each step, the one with the most left. */
  readonly pivots: Int32Array;
  /** `[n, rank]`: L with `L L^T = matrix` up to the tolerance; its rows `pivots` are lower triangular. */
  readonly lower: Float64Array;
  /** The least of what was left of the diagonal where a step took it. */
  readonly smallest: number;
}

/**
 * Cholesky's factorisation with pivots, which finds the rank (Higham, "Accuracy and stability of numerical algorithms",
 * section 10.3): it ends where no more than `tolerance` is left of any diagonal entry.
 *
 * @param matrix `[n, n]`, symmetric, positive semidefinite; it is overwritten
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

/** Up to `BLOCK` steps among the rows `rest`; positions are those within `rest`. */
const takePanel = (matrix: Float64Array, n: number, rest: Int32Array, tolerance: number) => {
  const data = new Float64Array(rest.length * BLOCK);
  const diagonal = Float64Array.from(rest, (row) => matrix[row * n + row] ?? 0);
  const steps: number[] = [];
  let left = Int32Array.from(rest, (_, i) => i);
  let smallest = Infinity;
  while (steps.length < BLOCK && left.length > 0) {
    const pivot = left.reduce((best, i) => ((diagonal[i] ?? 0) > (diagonal[best] ?? 0) ? i : best));
    const value = diagonal[pivot] ?? 0;
    if (!(value > tolerance)) break;
    smallest = Math.min(smallest, value);
    const [step, root, row] = [steps.length, Math.sqrt(value), (rest[pivot] ?? 0) * n];
    data[pivot * BLOCK + step] = root;
    left = left.filter((i) => i !== pivot);
    for (const i of left) {
      let sum = matrix[row + (rest[i] ?? 0)] ?? 0;
      for (let k = 0; k < step; k++) sum -= (data[i * BLOCK + k] ?? 0) * (data[pivot * BLOCK + k] ?? 0);
      const entry = sum / root;
      data[i * BLOCK + step] = entry;
      diagonal[i] = (diagonal[i] ?? 0) - entry * entry;
    }
    steps.push(pivot);
  }
  return { data, steps, left, smallest };
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

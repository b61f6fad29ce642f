import type { Slices } from "../../math/slices.ts";
import { multiplyByTransposed, type Look, type Neighbours } from "../../retrieval/index.ts";
import { sumGroups } from "../relative.ts";

/** The similarity that the regression goes by: nothing below 0, and near anchors much more than others. */
const kernel = (similarity: number): number => (similarity > 0 ? similarity * similarity : 0);

/**
 * The weights of the anchors near a query: `w = (g(A A^T) + I)^-1 g(A x)` with `g(u) = max(u, 0)^2`, kernel ridge
 * regression on the neighbourhood alone. What near anchors share counts once: of two equal anchors each gets a third of
 * the query, together hardly more than one alone. Where the matrix is not positive definite, I is doubled until it is.
 *
 * @param near the anchors' rows as they are compared, `[n, d]` row-major, of norm 1
 * @param similarities of the query with each of them, `[n]`
 * @returns `[n]`
 * @example
 * ```ts
 * await regressionWeights(Float32Array.of(1, 0, 0, 1), [0.6, 0.8]); // 0.18, 0.32
 * ```
 */
export const regressionWeights = async (
  near: Float32Array,
  similarities: ArrayLike<number>,
): Promise<Float64Array> => solveWith(await kernelMatrix(near, similarities.length), similarities);

/** `g(A A^T)`, `[n, n]` row-major. */
export const kernelMatrix = async (near: Float32Array, n: number): Promise<Float32Array> => {
  if (n === 0) return new Float32Array();
  const rows = { data: near, rows: n, columns: near.length / n };
  return (await multiplyByTransposed(rows, rows)).map(kernel);
};

/**
 * The weights from a kernel matrix of at least as many anchors as there are similarities.
 *
 * @param places which rows of the matrix the similarities are of; absent: the first ones
 */
export const solveWith = (
  matrix: Float32Array,
  similarities: ArrayLike<number>,
  places?: ArrayLike<number>,
): Float64Array => {
  const n = similarities.length;
  const width = Math.round(Math.sqrt(matrix.length));
  const lower = new Float64Array(n * n);
  const weights = new Float64Array(n);
  for (let ridge = 1; ; ridge *= 2) {
    for (let i = 0; i < n; i++) {
      const row = (places?.[i] ?? i) * width;
      for (let j = 0; j <= i; j++) lower[i * n + j] = matrix[row + (places?.[j] ?? j)] ?? 0;
      lower[i * n + i] = (lower[i * n + i] ?? 0) + ridge;
      weights[i] = kernel(similarities[i] ?? 0);
    }
    if (factor(lower, n)) break;
  }
  substitute(lower, weights, n);
  return weights;
};

/** Overwrites the lower triangle by its Cholesky factor; false where the matrix is not positive definite. */
const factor = (lower: Float64Array, n: number): boolean => {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = lower[i * n + j] ?? 0;
      for (let k = 0; k < j; k++) sum -= (lower[i * n + k] ?? 0) * (lower[j * n + k] ?? 0);
      if (i !== j) lower[i * n + j] = sum / (lower[j * n + j] ?? 1);
      else if (sum > 0) lower[i * n + i] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
};

/** Solves `L L^T x = right` in place. */
const substitute = (lower: Float64Array, right: Float64Array, n: number): void => {
  for (let i = 0; i < n; i++) {
    let sum = right[i] ?? 0;
    for (let k = 0; k < i; k++) sum -= (lower[i * n + k] ?? 0) * (right[k] ?? 0);
    right[i] = sum / (lower[i * n + i] ?? 1);
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = right[i] ?? 0;
    for (let k = i + 1; k < n; k++) sum -= (lower[k * n + i] ?? 0) * (right[k] ?? 0);
    right[i] = sum / (lower[i * n + i] ?? 1);
  }
};

/** How many of the nearest anchors a local regression takes. */
export const NEAREST = 100;
/** A sum of so small a norm has no direction. */
const VANISHED = 1e-9;

type Numbers = Float32Array | Float64Array;

/** The inner product of `length` values from a place in each array, in float64. */
export const dotAt = (
  left: Numbers,
  leftAt: number,
  right: Numbers,
  rightAt: number,
  length: number,
): number => {
  // Four sums do not wait for each other.
  let [a, b, c, d] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < length; i += 4) {
    a += (left[leftAt + i] ?? 0) * (right[rightAt + i] ?? 0);
    b += (left[leftAt + i + 1] ?? 0) * (right[rightAt + i + 1] ?? 0);
    c += (left[leftAt + i + 2] ?? 0) * (right[rightAt + i + 2] ?? 0);
    d += (left[leftAt + i + 3] ?? 0) * (right[rightAt + i + 3] ?? 0);
  }
  for (; i < length; i++) a += (left[leftAt + i] ?? 0) * (right[rightAt + i] ?? 0);
  return a + b + (c + d);
};

/** What queries of one modality are in the other one, by the anchors near them. */
export interface LocalRows {
  readonly count: number;
  /** Row r's anchors are the entries `offsets[r] .. offsets[r + 1]`. */
  readonly offsets: Int32Array;
  readonly slots: Int32Array;
  /** Of each anchor's vector of the other modality in the row's direction. */
  readonly weights: Float64Array;
  /** `[count, d]` row-major, of norm 1; 0 where the anchors say nothing. */
  readonly directions: Float64Array;
}

/** A regression that was solved, with what it was solved from. */
export interface Solved {
  readonly slots: Int32Array;
  readonly similarities: Float32Array;
  readonly weights: Float64Array;
  readonly direction: Float64Array;
}

/** Regressions that were solved before, by any number of a row. */
export interface SolvedRows {
  readonly find: (row: number) => Solved | undefined;
  readonly keep: (row: number, solved: Solved) => void;
}

/**
 * Local regressions: each query by the anchors near it as a direction in the space of the other modality.
 *
 * @param neighbours the nearest anchors of each query; no more than {@link NEAREST} of a row count
 * @param near how their own modality is compared, and `far` the other one
 * @param before a regression over the same neighbours is taken from here, the same to the last bit
 */
export const localRows = async (
  neighbours: Neighbours,
  near: Pick<Look, "rows">,
  far: Pick<Look, "rows" | "dimension">,
  slices: Slices,
  before?: SolvedRows,
): Promise<LocalRows> => {
  const { width, slots: found, scores } = neighbours;
  const count = neighbours.counts.length;
  const counts = neighbours.counts.map((length) => Math.min(length, NEAREST));
  const offsets = new Int32Array(count + 1);
  counts.forEach((length, row) => (offsets[row + 1] = (offsets[row] ?? 0) + length));
  const slots = new Int32Array(offsets[count] ?? 0);
  const weights = new Float64Array(slots.length);
  const d = far.dimension;
  const directions = new Float64Array(count * d);
  for (let row = 0; row < count; row++) {
    const [first, last] = [offsets[row] ?? 0, offsets[row + 1] ?? 0];
    const from = row * width;
    const own = slots.subarray(first, last);
    own.set(found.subarray(from, from + own.length));
    const similarities = scores.subarray(from, from + own.length);
    const known = before?.find(row);
    if (known !== undefined && isSame(known.slots, own) && isSame(known.similarities, similarities)) {
      weights.set(known.weights, first);
      directions.set(known.direction, row * d);
      continue;
    }
    const solved = await regressionWeights(near.rows(own), similarities);
    const direction = directions.subarray(row * d, (row + 1) * d);
    sumOfRows(far.rows(own), solved, direction);
    const scale = scaleToUnitNorm(direction);
    for (let i = first; i < last; i++) weights[i] = scale * (solved[i - first] ?? 0);
    before?.keep(row, {
      slots: own.slice(),
      similarities: similarities.slice(),
      weights: weights.slice(first, last),
      direction: direction.slice(),
    });
    if (slices.due()) await slices.rest();
  }
  return { count, offsets, slots, weights, directions };
};

const isSame = (a: Int32Array | Float32Array, b: Int32Array | Float32Array): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);

/** Adds rows up by their weights. @param rows `[weights.length, d]`; `into` `[d]`, zeros */
export const sumOfRows = (rows: Float32Array, weights: Float64Array, into: Float64Array): void => {
  const d = into.length;
  for (let row = 0; row < weights.length; row++) {
    const weight = weights[row] ?? 0;
    if (weight === 0) continue;
    for (let i = 0; i < d; i++) into[i] = (into[i] ?? 0) + weight * (rows[row * d + i] ?? 0);
  }
};

/** Brings a row to norm 1, or to 0 where it has no direction; returns what it was multiplied by. */
export const scaleToUnitNorm = (row: Float64Array | Float32Array, vanished = VANISHED): number => {
  let squares = 0;
  for (const value of row) squares += value * value;
  const norm = Math.sqrt(squares);
  const scale = norm < vanished ? 0 : 1 / norm;
  for (let i = 0; i < row.length; i++) row[i] = scale * (row[i] ?? 0);
  return scale;
};

/**
 * The mean of groups of rows, of norm 1 again: a class by all its prompts.
 *
 * @param sizes how many consecutive rows each group has
 */
export const meanLocalRows = (rows: LocalRows, sizes: readonly number[], slotCount: number): LocalRows => {
  const d = rows.count === 0 ? 0 : rows.directions.length / rows.count;
  const directions = new Float64Array(sizes.length * d);
  let row = 0;
  const scales = sizes.map((size, group) => {
    const direction = directions.subarray(group * d, (group + 1) * d);
    for (let i = row * d; i < (row + size) * d; i++)
      direction[i % d] = (direction[i % d] ?? 0) + (rows.directions[i] ?? 0);
    row += size;
    return scaleToUnitNorm(direction, VANISHED * size);
  });
  const entries = { ...rows, values: rows.weights };
  const sums = sumGroups(entries, sizes, slotCount, (_, group) => scales[group] ?? 0);
  const { count, offsets, slots, values: weights } = sums;
  return { count, offsets, slots, weights, directions };
};

/**
 * The mean of groups of unit rows, of norm 1 again; 0 where the rows of a group cancel each other.
 *
 * @param rows `[n, d]` row-major
 * @param sizes how many consecutive rows each group has
 * @param vanished the norm below which a sum is rounding, per row
 */
export const meanUnitRows = (
  rows: Float32Array,
  sizes: readonly number[],
  vanished = VANISHED,
): Float32Array => {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const d = total === 0 ? 0 : rows.length / total;
  const means = new Float32Array(sizes.length * d);
  let row = 0;
  sizes.forEach((size, group) => {
    const sum = new Float64Array(d);
    for (let i = row * d; i < (row + size) * d; i++) sum[i % d] = (sum[i % d] ?? 0) + (rows[i] ?? 0);
    scaleToUnitNorm(sum, vanished * size);
    means.set(sum, group * d);
    row += size;
  });
  return means;
};

import { entryOf } from "../errors.ts";
import type { TransformKind } from "../types.ts";
import { leadingEigen, orientDirection } from "../math/linear-algebra/index.ts";
import { multiplyByTransposed, multiplyTransposedBy } from "./kernels.ts";
import { unitRows } from "./rows.ts";

/** Principal directions that whitening keeps at most. */
export const WHITEN_RANK = 256;
/** Added to each standard deviation, so that directions that hardly vary are not blown up. */
const WHITEN_EPSILON = 1e-3;
/**
 * Directions whose deviation is below this share of the first are rounding: the products are summed in float32, whose
 * error grows to the square root of 1e-7 in a deviation.
 */
const RELATIVE_FLOOR = 1e-3;
const COVARIANCE_ROWS = 4_096;

/** What was fitted on a collection's anchors of one modality. */
export interface Fit {
  readonly kind: Exclude<TransformKind, "none">;
  /** `[d]`, of the unit rows. */
  readonly mean: Float32Array;
  /** `[rank, d]`: principal directions, each divided by its standard deviation plus 0.001; null for `center`. */
  readonly projection: Float32Array | null;
}

/** The dimension of what a fit gives. */
export const fittedDimension = (fit: Fit): number =>
  fit.projection === null ? fit.mean.length : fit.projection.length / fit.mean.length;

/**
 * Fits a transform on unit rows: `center` their mean; `whiten` also the principal directions of their covariance, at
 * most 256, each to be divided by its standard deviation + 0.001.
 *
 * @param rows `[n, d]` row-major, of norm 1
 * @returns null for fewer than two rows, or rows that are all the same: there is nothing to fit
 */
export const fitTransform = async (
  kind: Fit["kind"],
  rows: Float32Array,
  dimension: number,
): Promise<Fit | null> => {
  const n = rows.length / dimension;
  if (n < 2) return null;
  const mean = meanOf(rows, dimension);
  const centered = subtract(rows, mean);
  if (centered.every((value) => value === 0)) return null;
  return entryOf(FITS, kind, "transform")(mean, centered, dimension);
};

type FitCentered = (mean: Float64Array, centered: Float32Array, dimension: number) => Promise<Fit | null>;

const fitCenter: FitCentered = (mean) =>
  Promise.resolve({ kind: "center", mean: Float32Array.from(mean), projection: null });

const fitWhiten: FitCentered = async (mean, centered, dimension) => {
  const n = centered.length / dimension;
  const rank = Math.min(WHITEN_RANK, n - 1, dimension);
  // The smaller of covariance and Gram matrix has all the eigenvalues that are not zero.
  const { values, vectors } =
    n > dimension
      ? await leadingEigen(await covariance(centered, n, dimension), dimension, rank)
      : await fromGram(centered, n, dimension, rank);
  const largest = Math.sqrt(Math.max(0, values[0] ?? 0));
  if (largest === 0) return null;
  const kept: Float64Array[] = [];
  for (let i = 0; i < rank; i++) {
    const deviation = Math.sqrt(Math.max(0, values[i] ?? 0));
    if (deviation < RELATIVE_FLOOR * largest) break;
    const direction = orientDirection(vectors.subarray(i * dimension, (i + 1) * dimension));
    kept.push(direction.map((value) => value / (deviation + WHITEN_EPSILON)));
  }
  const projection = new Float32Array(kept.length * dimension);
  kept.forEach((direction, i) => projection.set(direction, i * dimension));
  return { kind: "whiten", mean: Float32Array.from(mean), projection };
};

const FITS: Readonly<Record<Fit["kind"], FitCentered>> = { center: fitCenter, whiten: fitWhiten };

/** Whether a fit of this name is of one modality, and not of both together. */
export const isTransform = (kind: string): kind is TransformKind =>
  kind === "none" || Object.hasOwn(FITS, kind);

/**
 * Applies a fit: `rows` are normalised, centred, projected and normalised again. A row that equals the mean becomes
 * zero, which is similar to nothing.
 *
 * @param rows `[n, d]` row-major, of any norm
 * @returns `[n, fittedDimension(fit)]`
 */
export const applyTransform = async (
  fit: Fit | null,
  rows: Float32Array,
  dimension: number,
): Promise<Float32Array> => {
  const unit = unitRows(rows, dimension);
  if (fit === null) return unit;
  const centered = subtract(unit, fit.mean);
  const { projection } = fit;
  if (projection === null) return unitRows(centered, dimension);
  const rank = projection.length / dimension;
  const projected = await multiplyByTransposed(
    { data: centered, rows: rows.length / dimension, columns: dimension },
    { data: projection, rows: rank, columns: dimension },
  );
  return unitRows(projected, rank);
};

const meanOf = (rows: Float32Array, d: number): Float64Array => {
  const mean = new Float64Array(d);
  for (let start = 0; start < rows.length; start += d) {
    for (let i = 0; i < d; i++) mean[i] = (mean[i] ?? 0) + (rows[start + i] ?? 0);
  }
  return mean.map((sum) => (sum * d) / rows.length);
};

const subtract = (rows: Float32Array, mean: Float64Array | Float32Array): Float32Array => {
  const d = mean.length;
  const result = new Float32Array(rows.length);
  for (let start = 0; start < rows.length; start += d) {
    for (let i = 0; i < d; i++) result[start + i] = (rows[start + i] ?? 0) - (mean[i] ?? 0);
  }
  return result;
};

/** `X^T X / n`, summed in float64 over chunks of rows. */
const covariance = async (centered: Float32Array, n: number, d: number): Promise<Float64Array> => {
  const sum = new Float64Array(d * d);
  for (let first = 0; first < n; first += COVARIANCE_ROWS) {
    const rows = Math.min(COVARIANCE_ROWS, n - first);
    const chunk = { data: centered.subarray(first * d, (first + rows) * d), rows, columns: d };
    const part = await multiplyTransposedBy(chunk, chunk);
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (part[i] ?? 0) / n;
  }
  return sum;
};

/** The first eigenvectors of the covariance from those of `X X^T / n`: v = X^T u / |X^T u|. */
const fromGram = async (centered: Float32Array, n: number, d: number, rank: number) => {
  const matrix = { data: centered, rows: n, columns: d };
  const gram = Float64Array.from(await multiplyByTransposed(matrix, matrix), (value) => value / n);
  const { values, vectors } = await leadingEigen(gram, n, rank);
  const columns = new Float32Array(n * rank);
  for (let i = 0; i < rank; i++) {
    for (let row = 0; row < n; row++) columns[row * rank + i] = vectors[i * n + row] ?? 0;
  }
  const lifted = await multiplyTransposedBy({ data: columns, rows: n, columns: rank }, matrix);
  return { values, vectors: Float64Array.from(unitRows(lifted, d)) };
};

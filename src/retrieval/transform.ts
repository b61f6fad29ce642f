import type { TransformKind } from "../api/transforms.ts";
import { orientDirection } from "../math/linear-algebra/index.ts";
import { rankFor, whiteningOf } from "./kinds.ts";
import { multiplyByTransposed } from "./kernels.ts";
import { principalAxes, ROUNDING_VARIANCE } from "./principal-axes.ts";
import { unitRows } from "./exact.ts";

/** Directions of less variance than this share of the first are divided as if they had this much. */
const VARIANCE_FLOOR = 1e-9;
/**
 * The transform named `whiten`, which stored collections have, adds this to each deviation, and leaves out directions
 * of less than a thousandth of the first deviation.
 */
const NAMED_WHITEN = { added: 1e-3, leastShare: 1e-3 } as const;

/** What was fitted on a collection's anchors of one modality. */
export interface Fit {
  readonly kind: Exclude<TransformKind, "none">;
  /** `[d]`, of the unit rows. */
  readonly mean: Float32Array;
  /** `[rank, d]`: principal directions, each divided by its standard deviation to the power; null for `center`. */
  readonly projection: Float32Array | null;
}

/** The dimension of what a fit gives. */
export const fittedDimension = (fit: Fit): number =>
  fit.projection === null ? fit.mean.length : fit.projection.length / fit.mean.length;

/**
 * Fits a transform on unit rows: `center` their mean; whitening also the principal directions of their covariance, each
 * divided by its variance to half the power. All of it is computed in float64.
 *
 * @param rows `[n, d]` row-major, of norm 1
 * @returns null for fewer than two rows, or rows that are all the same: there is nothing to fit
 * @example
 * ```ts
 * const fit = await fitTransform("whiten:0.9:auto", rows, 2_304);
 * ```
 */
export const fitTransform = async (
  kind: Fit["kind"],
  rows: Float32Array,
  dimension: number,
): Promise<Fit | null> => {
  const n = rows.length / dimension;
  if (n < 2) return null;
  const mean = meanOf(rows, dimension);
  if (spreadOf(rows, mean) <= ROUNDING_VARIANCE) return null;
  if (kind === "center") return { kind, mean: Float32Array.from(mean), projection: null };
  const whitening = whiteningOf(kind);
  if (whitening === null) throw new RangeError(`There is no transform "${kind}".`);
  const { values: found, vectors } = await principalAxes(rows, mean, rankFor(whitening, n, dimension));
  const factors = factorsOf(kind, found, whitening.power);
  if (factors.length === 0) return null;
  const projection = new Float32Array(factors.length * dimension);
  factors.forEach((factor, i) => {
    const direction = orientDirection(vectors.subarray(i * dimension, (i + 1) * dimension));
    for (let j = 0; j < dimension; j++) projection[i * dimension + j] = factor * (direction[j] ?? 0);
  });
  return { kind, mean: Float32Array.from(mean), projection };
};

/** What each kept direction is multiplied by, of variances in descending order. */
const factorsOf = (kind: TransformKind, variances: Float64Array, power: number): Float64Array => {
  const greatest = variances[0] ?? 0;
  if (kind !== "whiten")
    return variances.map((variance) => whiteningFactor(Math.max(variance, VARIANCE_FLOOR * greatest), power));
  const least = NAMED_WHITEN.leastShare ** 2 * greatest;
  return variances
    .filter((variance) => variance >= least)
    .map((variance) => 1 / (Math.sqrt(variance) + NAMED_WHITEN.added));
};

/** What a direction of some variance is multiplied by: `variance^(-power / 2)`. */
export const whiteningFactor = (variance: number, power: number): number => variance ** (-power / 2);

/**
 * The standard deviations of a fit's directions, descending; null where it does not divide by powers of them. They are
 * read from the projection, whose rows have the norm `deviation^-power`.
 */
export const deviationsOf = (fit: Fit | null): Float64Array | null => {
  const projection = fit?.projection ?? null;
  const power = fit === null ? 0 : (whiteningOf(fit.kind)?.power ?? 0);
  if (fit === null || projection === null || fit.kind === "whiten" || power === 0) return null;
  const d = fit.mean.length;
  return Float64Array.from({ length: projection.length / d }, (_, row) => {
    let squares = 0;
    for (let i = row * d; i < (row + 1) * d; i++) squares += (projection[i] ?? 0) ** 2;
    return squares ** (-0.5 / power);
  });
};

/** The mean squared distance of rows from their mean. */
const spreadOf = (rows: Float32Array, mean: Float64Array): number => {
  const d = mean.length;
  let sum = 0;
  for (let start = 0; start < rows.length; start += d)
    for (let i = 0; i < d; i++) sum += ((rows[start + i] ?? 0) - (mean[i] ?? 0)) ** 2;
  return (sum * d) / rows.length;
};

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

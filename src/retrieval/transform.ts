import type { FittedTransform, SideTransform, Transform, TransformKind } from "../api/transforms.ts";
import type { Modality } from "../types.ts";
import { orientDirection } from "../math/linear-algebra/index.ts";
import { multiplyByTransposed } from "./kernels.ts";
import { principalAxes, ROUNDING_VARIANCE } from "./principal-axes.ts";
import { unitRows } from "./unit-rows.ts";

/** Maximum number of principal directions of the transform `whiten`. */
export const WHITEN_RANK = 256;
/** Bounds of the rank `auto`, and the number of anchors up to which it is half of that number. */
const RANKS = { least: 64, small: 256, most: 512, manyAnchors: 2_048 } as const;
/** Below this number `auto` only centres, because a covariance of so few vectors does not generalise. */
export const FEWEST_TO_WHITEN = 20;
const MODALITIES = ["image", "text"] as const;
const AUTO = { image: "whiten:0.9:auto", text: "whiten:0.6:auto" } as const;
/** Below this number of anchors `auto` divides by less, because small variances of so few are hardly known. */
const FEW_ANCHORS = 256;
const AUTO_OF_FEW = { image: "whiten:0.7:auto", text: "whiten:0.5:auto" } as const;

/** The divisor of a whitening, and the number of directions. */
export interface Whitening {
  /** In [0, 1]; 1 divides each direction by its standard deviation, 0 leaves it unchanged. */
  readonly power: number;
  readonly rank: number | "auto";
}

/**
 * The kind of fit that a transform uses for one modality; fits are stored by kind.
 *
 * @param anchors number of live anchors, on which `auto` depends
 * @example
 * ```ts
 * kindFor("text", "whiten", 1_000); // "center"
 * kindFor("image", "auto", 1_000); // "whiten:0.9:auto"
 * ```
 */
export const kindFor = (modality: Modality, transform: Transform, anchors: number): TransformKind => {
  if (typeof transform !== "string") return kindOfSide(transform[modality], transform.rank);
  if (transform === "auto") {
    if (anchors < FEWEST_TO_WHITEN) return "center";
    return (anchors < FEW_ANCHORS ? AUTO_OF_FEW : AUTO)[modality];
  }
  // Texts are at most centred: whitening them to the power 1, as images are, reduces accuracy.
  return modality === "text" && transform === "whiten" ? "center" : transform;
};

const kindOfSide = (side: SideTransform, common: Whitening["rank"] = "auto"): TransformKind => {
  if (side.kind !== "whiten") return side.kind;
  return `whiten:${side.power}:${side.rank ?? common}`;
};

/** Every kind that a transform can resolve to for any number of anchors, and the kinds of the named transforms. */
export const kindsFor = (transform: Transform): TransformKind[] => [
  ...(["none", "center", "whiten"] as const),
  ...MODALITIES.flatMap((modality) => [
    AUTO_OF_FEW[modality],
    AUTO[modality],
    kindFor(modality, transform, FEW_ANCHORS),
  ]),
];

const WHITENING = /^whiten:([^:]+):(auto|\d+)$/;

/** The power and rank of a kind; null if it does not whiten. The kind `whiten` also softens its deviations. */
export const whiteningOf = (kind: TransformKind): Whitening | null => {
  if (kind === "whiten") return { power: 1, rank: WHITEN_RANK };
  const [, power, rank] = WHITENING.exec(kind) ?? [];
  if (power === undefined) return null;
  return { power: Number(power), rank: rank === "auto" ? "auto" : Number(rank) };
};

/** Whether a fit of this name is for one modality rather than for both together. */
export const isTransformKind = (kind: string): kind is TransformKind =>
  kind === "none" || kind === "center" || kind === "whiten" || WHITENING.test(kind);

/** The public description of a kind, with the number of directions that were kept. */
export const fittedTransformOf = (kind: TransformKind, rank: number): FittedTransform => {
  if (kind === "none" || kind === "center" || kind === "whiten") return kind;
  return { kind: "whiten", power: whiteningOf(kind)?.power ?? 1, rank };
};

/**
 * The number of directions for the rank `auto`, by the band of the number of anchors: as many as anchors below 256, half
 * of the anchors up to 256, an eighth of more than 2,048 anchors up to 512, and at least 64.
 */
export const autoRank = (anchors: number, dimension: number): number => {
  const { from } = bandOf(anchors);
  const { least, small, most, manyAnchors } = RANKS;
  if (from < FEW_ANCHORS) return Math.min(dimension, Math.max(least, from));
  const wanted = from > manyAnchors ? from / 8 : Math.min(small, from / 2);
  return Math.min(dimension, most, Math.max(least, wanted));
};

/** The number of directions to fit: the requested number, limited by the rows and the dimension. */
export const rankFor = ({ rank }: Whitening, anchors: number, dimension: number): number =>
  Math.min(rank === "auto" ? autoRank(anchors, dimension) : rank, dimension, anchors - 1);

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

/** A range of anchor counts within which settings chosen by the count stay the same. */
export interface Band {
  /** Its lower bound, a power of 2; 0 for no anchors. */
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
}

/**
 * The band of a number of anchors: from one power of 2 to the next, so that settings of a growing collection rarely
 * change.
 *
 * @example
 * ```ts
 * bandOf(1_500); // { from: 1024, to: 2047 }
 * ```
 */
export const bandOf = (anchors: number): Band => {
  if (anchors < 1) return { from: 0, to: 0 };
  const from = 2 ** Math.floor(Math.log2(anchors));
  return { from, to: 2 * from - 1 };
};

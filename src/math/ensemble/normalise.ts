import { mean, median, populationDeviation } from "../statistics.ts";
import { averageRanks } from "./ranks.ts";

/** How one scorer's scores are mapped to a scale that is comparable across scorers. */
export type Normalisation =
  | { readonly kind: "none" }
  | { readonly kind: "affine"; readonly scale: number; readonly shift: number }
  /** z-score: mean 0 and population standard deviation 1, clipped to ±`clip` (default 4). */
  | { readonly kind: "z"; readonly clip?: number }
  /** Median 0, divided by 1.4826 times the median absolute deviation; same as `z` if that deviation is 0. */
  | { readonly kind: "robust-z"; readonly clip?: number }
  | { readonly kind: "min-max" }
  /** Average rank, scaled from 0 (lowest) to 1 (highest). */
  | { readonly kind: "rank" }
  /** Softmax of the z-scores divided by `temperature` (default 1). */
  | { readonly kind: "softmax"; readonly temperature?: number }
  | { readonly kind: "log-softmax"; readonly temperature?: number }
  /** Empirical distribution function: the share of the reference below the score plus half the share equal to it. */
  | { readonly kind: "ecdf" }
  /** 1 / (1 + e^-(slope s + intercept)), fitted on labelled data (Platt scaling). */
  | { readonly kind: "logistic"; readonly slope: number; readonly intercept: number };

/** Limits how far one scorer can dominate with an outlier. */
const CLIP = 4;
/** Mean and deviation of fewer scores are unreliable. */
const FEWEST = 4;
const FLAT = 1e-12;
/** Relative to the largest score; smaller differences are rounding errors. */
const SAME = 1e-6;
/** Ratio of the standard deviation to the median absolute deviation for normally distributed values. */
const MAD = 1.4826;

/**
 * Maps one scorer's scores to a scale that is comparable across scorers; higher is better.
 *
 * @param scores `[n]`; NaN if the scorer has no score. NaN stays NaN and is ignored in statistics.
 * @param reference values from which mean, deviation, extremes and distribution are computed: the scores themselves (the
 * default) or background scores of the same scorer. `rank`, `softmax` and `log-softmax` use only `scores`. If it has
 * fewer than four finite values, `z` and `robust-z` fall back to `rank`.
 * @returns `[n]`
 * @example
 * ```ts
 * normaliseScores(Float64Array.of(1, 2, 5), { kind: "min-max" }); // [0, 0.25, 1]
 * ```
 */
export const normaliseScores = (
  scores: Float64Array,
  calibration: Normalisation,
  reference: Float64Array = scores,
): Float64Array => {
  switch (calibration.kind) {
    case "none":
      return scores.slice();
    case "affine":
      return scores.map((score) => calibration.scale * score + calibration.shift);
    case "z":
      return standardised(scores, reference, "mean", calibration.clip ?? CLIP);
    case "robust-z":
      return standardised(scores, reference, "median", calibration.clip ?? CLIP);
    case "min-max":
      return betweenExtremes(scores, reference);
    case "rank":
      return rankShares(scores);
    case "softmax":
      return logSoftmax(inDeviations(scores), calibration.temperature ?? 1).map(Math.exp);
    case "log-softmax":
      return logSoftmax(inDeviations(scores), calibration.temperature ?? 1);
    case "ecdf":
      return sharesBelow(scores, reference);
    case "logistic":
      return scores.map((score) => 1 / (1 + Math.exp(-(calibration.slope * score + calibration.intercept))));
  }
};

/** `log(e^(s/T) / sum of e^(s/T))` over the scores that are not NaN. */
export const logSoftmax = (scores: Float64Array, temperature: number): Float64Array => {
  const finite = finiteOf(scores);
  const top = finite.reduce((a, b) => Math.max(a, b), -Infinity);
  const sum = finite.reduce((total, score) => total + Math.exp((score - top) / temperature), 0);
  return scores.map((score) => (score - top) / temperature - Math.log(sum));
};

/** The finite values, in order. */
export const finiteOf = (scores: Float64Array): Float64Array => scores.filter(Number.isFinite);

const standardised = (
  scores: Float64Array,
  reference: Float64Array,
  centre: "mean" | "median",
  clip: number,
): Float64Array => {
  const known = finiteOf(reference);
  if (known.length < FEWEST) return rankShares(scores);
  const [middle, unit] = centre === "median" ? robustUnit(known) : meanUnit(known);
  const greatest = known.reduce((most, score) => Math.max(most, Math.abs(score)), 0);
  if (unit <= Math.max(FLAT, SAME * greatest))
    return scores.map((score) => (Number.isNaN(score) ? score : 0));
  return scores.map((score) => Math.max(-clip, Math.min(clip, (score - middle) / unit)));
};

/** z-scores, for any number of scores. */
const inDeviations = (scores: Float64Array): Float64Array => {
  const known = finiteOf(scores);
  if (known.length === 0) return scores.map(() => Number.NaN);
  const [centre, deviation] = meanUnit(known);
  return scores.map((score) =>
    Number.isNaN(score) ? score : deviation < FLAT ? 0 : (score - centre) / deviation,
  );
};

const meanUnit = (values: Float64Array): readonly [mean: number, deviation: number] => [
  mean(values),
  populationDeviation(values),
];

const robustUnit = (values: Float64Array): readonly [median: number, unit: number] => {
  const middle = median(values);
  const unit = MAD * median(values.map((value) => Math.abs(value - middle)));
  return unit < FLAT ? meanUnit(values) : [middle, unit];
};

const betweenExtremes = (scores: Float64Array, reference: Float64Array): Float64Array => {
  const known = finiteOf(reference);
  const low = known.reduce((a, b) => Math.min(a, b), Infinity);
  const high = known.reduce((a, b) => Math.max(a, b), -Infinity);
  return scores.map((score) =>
    Number.isNaN(score)
      ? score
      : high - low < FLAT
        ? 0.5
        : Math.max(0, Math.min(1, (score - low) / (high - low))),
  );
};

const rankShares = (scores: Float64Array): Float64Array => {
  const count = finiteOf(scores).length;
  return averageRanks(scores, "highest").map((rank) =>
    Number.isNaN(rank) ? rank : count < 2 ? 0.5 : (count - rank) / (count - 1),
  );
};

const sharesBelow = (scores: Float64Array, reference: Float64Array): Float64Array => {
  const sorted = finiteOf(reference).sort();
  return scores.map((score) => {
    if (Number.isNaN(score) || sorted.length === 0) return Number.NaN;
    const below = firstAt(sorted, (value) => value >= score);
    const upTo = firstAt(sorted, (value) => value > score);
    return (below + (upTo - below) / 2) / sorted.length;
  });
};

/** Binary search: the index of the first of the ascending values for which `holds` is true; their count if none. */
const firstAt = (sorted: Float64Array, holds: (value: number) => boolean): number => {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(sorted[middle] ?? Infinity)) high = middle;
    else low = middle + 1;
  }
  return low;
};

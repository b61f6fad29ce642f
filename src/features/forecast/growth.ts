import { createRandom } from "../../math/random.ts";
import { quantile, standardDeviation, type Interval } from "../../math/statistics.ts";
import { fitLog, fitPower, logAt, OVER_ANCHORS, powerAt, type PowerFit } from "./power-fit.ts";

const RESAMPLES = 200;
/** Quantiles of the 90 % interval. */
const TAIL = 0.05;
/** The numbers of anchors that are forecast, as multiples of the largest measured one. */
const MULTIPLES = [2, 4] as const;
/** A number of anchors beyond this multiple of the largest measured one is not told. */
const FURTHEST = 16;
/** A floor is determined if its interval is at most this wide. */
const NARROW = 0.1;

/** The questions of one class: how many, and how many of them are wrong by each number of anchors. */
export interface ClassErrors {
  readonly questions: number;
  readonly wrong: readonly number[];
}

/** How much lower the error is, with its 90 % interval and the standard deviation over resamples. */
export interface Gain extends Interval {
  readonly mean: number;
  readonly standardError: number;
}

/** The error at a number of anchors that was not measured. */
export interface Forecast extends Interval {
  readonly anchors: number;
  /** By the power law with a floor. */
  readonly error: number;
  /** By a line in the logarithm of the anchors: a second opinion that may be below 0. */
  readonly logLinear: number;
  /** The error at the largest measured number less this one. */
  readonly gain: Gain;
}

/** What the errors by numbers of anchors come to. */
export interface Growth {
  readonly sizes: readonly { readonly anchors: number; readonly error: number }[];
  readonly fit: Pick<PowerFit, "a" | "b" | "c">;
  readonly forecasts: readonly Forecast[];
  /** The last size, predicted from the smaller ones. */
  readonly backTest: { readonly anchors: number; readonly predicted: number; readonly measured: number };
  /** The 90 % interval of the error that no number of anchors removes, by the power law. */
  readonly floor: Interval & { readonly determined: boolean };
  /** Whether the error is the same at every size, so that there is nothing to fit. */
  readonly constant: boolean;
}

/** The error over all classes, by number of anchors. */
const errorsOf = (classes: readonly ClassErrors[], sizes: number): number[] => {
  const questions = classes.reduce((sum, each) => sum + each.questions, 0);
  return Array.from(
    { length: sizes },
    (_, j) => classes.reduce((sum, { wrong }) => sum + (wrong[j] ?? 0), 0) / questions,
  );
};

/**
 * Forecasts the error at two and four times the anchors. Two forms are fitted: a power law with a floor, which gives the
 * forecast, and a line in the logarithm of the anchors. Intervals are the union of both forms' 90 % intervals by the
 * bootstrap over classes, because which form is right is not known (saturation.md of the methods; after Abnar et al.,
 * "Exploring the limits of large scale pre-training", 2022).
 *
 * @param sizes numbers of anchors, ascending, at least two
 * @param classes at least one, each with a count for every size
 *
 * @example
 * ```ts
 * const classes = [{ questions: 100, wrong: [80, 70, 62, 55] }];
 * const { forecasts, floor } = forecastGrowth([250, 500, 1_000, 2_000], classes, 0);
 * ```
 */
export const forecastGrowth = (
  sizes: readonly number[],
  classes: readonly ClassErrors[],
  seed: number,
): Growth => {
  const errors = errorsOf(classes, sizes.length);
  const [largest, measured] = [sizes.at(-1) ?? 0, errors.at(-1) ?? 0];
  const fit = fitPower(sizes, errors, OVER_ANCHORS);
  const line = fitLog(sizes, errors);
  const before = fitPower(sizes.slice(0, -1), errors.slice(0, -1), OVER_ANCHORS);
  const random = createRandom(seed);
  const resamples = Array.from({ length: RESAMPLES }, () => {
    const drawn = classes
      .map(() => classes[random.integer(classes.length)])
      .filter((one) => one !== undefined);
    const own = errorsOf(drawn, sizes.length);
    return { last: own.at(-1) ?? 0, power: fitPower(sizes, own, OVER_ANCHORS), log: fitLog(sizes, own) };
  });
  const forecasts = MULTIPLES.map((multiple): Forecast => {
    const anchors = multiple * largest;
    const byPower = resamples.map(({ power }) => powerAt(power, anchors, OVER_ANCHORS));
    const byLog = resamples.map(({ log }) => logAt(log, anchors));
    const error = powerAt(fit, anchors, OVER_ANCHORS);
    const gains = [byPower, byLog].map((form) => form.map((value, i) => (resamples[i]?.last ?? 0) - value));
    const { low, high } = unionOf([byPower, byLog]);
    return {
      anchors,
      error,
      low: Math.min(error, Math.max(0, low)),
      high: Math.max(error, Math.min(1, high)),
      logLinear: logAt(line, anchors),
      gain: { mean: measured - error, ...unionOf(gains), standardError: standardDeviation(gains[0] ?? []) },
    };
  });
  const floor = unionOf([resamples.map(({ power }) => power.c)]);
  return {
    sizes: sizes.map((anchors, j) => ({ anchors, error: errors[j] ?? 0 })),
    fit: { a: fit.a, b: fit.b, c: fit.c },
    forecasts,
    backTest: { anchors: largest, predicted: powerAt(before, largest, OVER_ANCHORS), measured },
    floor: { ...floor, determined: floor.high - floor.low <= NARROW },
    constant: errors.every((error) => error === errors[0]),
  };
};

/** From the smallest of the forms' lower quantiles to the largest of their upper ones. */
const unionOf = (forms: readonly (readonly number[])[]): Interval => {
  const sorted = forms.map((form) => Float64Array.from(form).sort());
  return {
    low: Math.min(...sorted.map((form) => quantile(form, TAIL))),
    high: Math.max(...sorted.map((form) => quantile(form, 1 - TAIL))),
  };
};

/** How many anchors an error takes, or why none can be told. */
export type AnchorsFor =
  { readonly anchors: number; readonly reason: null } | { readonly anchors: null; readonly reason: string };

/**
 * The number of anchors at which the power law reaches an error.
 *
 * @param target in (0, 1)
 */
export const anchorsFor = (
  { fit: { a, b, c }, sizes }: Pick<Growth, "fit" | "sizes">,
  target: number,
): AnchorsFor => {
  const { anchors: largest = 0, error = 1 } = sizes.at(-1) ?? {};
  if (error <= target) return { anchors: largest, reason: null };
  if (target <= c || a === 0)
    return { anchors: null, reason: `the fitted curve does not fall below ${c.toFixed(2)}` };
  const anchors = Math.ceil(Math.pow((target - c) / a, -1 / b));
  if (anchors > FURTHEST * largest)
    return {
      anchors: null,
      reason: `it takes more than ${FURTHEST} times the anchors, where nothing is told`,
    };
  return { anchors, reason: null };
};

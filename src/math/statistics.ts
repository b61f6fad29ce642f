import { createRandom } from "./random.ts";
import { createSlices } from "./slices.ts";

/** With this many, the ends of a 95 % interval vary between seeds by less than a tenth of its width. */
const RESAMPLES = 2_000;
const LEVEL = 0.95;

/** A closed interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** How values are resampled: `resamples` (2,000 by default), the confidence `level` in (0, 1) (0.95), and the `seed`. */
interface BootstrapOptions {
  readonly resamples?: number;
  readonly level?: number;
  readonly seed: number;
}

/** An array or a typed array. */
type Values = ArrayLike<number> & Iterable<number>;

/**
 * The arithmetic mean.
 *
 * @throws RangeError if there are no values
 */
export const mean = (values: Values): number => {
  if (values.length === 0) throw new RangeError("there is no mean of no values");
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
};

/** The standard deviation of a sample (denominator n - 1); 0 for fewer than two values. */
export const standardDeviation = (values: Values): number =>
  values.length < 2 ? 0 : Math.sqrt(squaredDeviations(values, mean(values)) / (values.length - 1));

/**
 * The standard deviation of a whole population (denominator n); 0 for fewer than two values.
 *
 * @param centre the exact mean, if it is known without rounding
 */
export const populationDeviation = (values: Values, centre?: number): number =>
  values.length < 2 ? 0 : Math.sqrt(squaredDeviations(values, centre ?? mean(values)) / values.length);

const squaredDeviations = (values: Values, centre: number): number => {
  let sum = 0;
  for (const value of values) sum += (value - centre) ** 2;
  return sum;
};

/**
 * The median: the middle value, or the mean of the two middle values.
 *
 * @throws RangeError if there are no values
 * @example
 * ```ts
 * median([3, 1, 2, 10]); // 2.5
 * ```
 */
export const median = (values: Values): number => quantile(Float64Array.from(values).sort(), 0.5);

/**
 * The `q`-quantile with linear interpolation between neighbours (type 7 of Hyndman and Fan, "Sample quantiles in
 * statistical packages", 1996).
 *
 * @param ascending values in ascending order
 * @param q in [0, 1]
 * @throws RangeError if there are no values
 */
export const quantile = (ascending: ArrayLike<number>, q: number): number => {
  if (ascending.length === 0) throw new RangeError("there is no quantile of no values");
  const at = q * (ascending.length - 1);
  const below = ascending[Math.floor(at)] ?? 0;
  const above = ascending[Math.ceil(at)] ?? 0;
  return below + (at - Math.floor(at)) * (above - below);
};

/**
 * A confidence interval for the mean of all values by the percentile bootstrap (Efron and Tibshirani, "An introduction to
 * the bootstrap", 1993, section 13.3). Whole groups are resampled, because values within a group are not independent
 * (Davison and Hinkley, "Bootstrap methods and their application", 1997, section 3.8).
 *
 * @param groups at least one, none empty
 * @throws RangeError if there are no groups
 * @example
 * ```ts
 * const { low, high } = bootstrapInterval([[1, 0, 1], [1, 1], [0]], { seed: 1 });
 * ```
 */
export const bootstrapInterval = (
  groups: readonly (readonly number[])[],
  options: BootstrapOptions,
): Interval => {
  const draw = createResampler(groups, options.seed);
  return middleOf(new Float64Array(options.resamples ?? RESAMPLES).map(draw), options);
};

/** As {@link bootstrapInterval}, with time for other work between resamples. */
export const bootstrapIntervalInSlices = async (
  groups: readonly (readonly number[])[],
  options: BootstrapOptions,
): Promise<Interval> => {
  const draw = createResampler(groups, options.seed);
  const means = new Float64Array(options.resamples ?? RESAMPLES);
  const slices = createSlices();
  // Several short calls in a row yield as well.
  await slices.rest();
  for (let i = 0; i < means.length; i++) {
    if (slices.due()) await slices.rest();
    means[i] = draw();
  }
  return middleOf(means, options);
};

/** Draws as many groups as there are, with replacement, and returns the mean of their values. */
const createResampler = (groups: readonly (readonly number[])[], seed: number): (() => number) => {
  if (groups.length === 0) throw new RangeError("there is no interval for no values");
  const totals = groups.map((values) => ({
    sum: values.reduce((sum, value) => sum + value, 0),
    count: values.length,
  }));
  const random = createRandom(seed);
  return () => {
    let sum = 0;
    let count = 0;
    for (let draw = totals.length; draw > 0; draw--) {
      const drawn = totals[random.integer(totals.length)];
      sum += drawn?.sum ?? 0;
      count += drawn?.count ?? 0;
    }
    return sum / count;
  };
};

const middleOf = (means: Float64Array, { level = LEVEL }: BootstrapOptions): Interval => {
  means.sort();
  const tail = (1 - level) / 2;
  return { low: quantile(means, tail), high: quantile(means, 1 - tail) };
};

/** The 0.975 quantile of the normal distribution. */
const NORMAL_975 = 1.959964;

/**
 * The 95 % score interval of a share (Wilson, "Probable inference, the law of succession, and statistical inference",
 * JASA 1927). Unlike the usual approximation it never leaves [0, 1].
 *
 * @param successes at most `trials`
 * @param trials with 0 the interval is [0, 1]
 *
 * @example
 * ```ts
 * wilsonInterval(9, 10); // { low: 0.596, high: 0.982 }, rounded
 * ```
 */
export const wilsonInterval = (successes: number, trials: number): Interval => {
  if (trials === 0) return { low: 0, high: 1 };
  const z = NORMAL_975 ** 2 / trials;
  const share = successes / trials;
  const centre = share + z / 2;
  const half = Math.sqrt(z * share * (1 - share) + (z / 2) ** 2);
  return { low: Math.max(0, (centre - half) / (1 + z)), high: Math.min(1, (centre + half) / (1 + z)) };
};

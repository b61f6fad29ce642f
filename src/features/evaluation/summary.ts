import { bootstrapInterval, mean, standardDeviation, type Interval } from "../../math/statistics.ts";

export const TOPS = [1, 5, 10] as const;
export type Top = (typeof TOPS)[number];

/** Seed of the resampling; any fixed number works. */
const BOOTSTRAP_SEED = 1;

/** The result of one question. */
export interface Result {
  /** The rank of the true class; 1 is the best. */
  readonly rank: number;
  /** The subject of the question. Results of one subject, in several runs, are resampled together. */
  readonly subject: string;
}

/** Top-k accuracy in percent, with a 95 % interval over subjects and the standard deviation over runs. */
export interface Accuracy extends Interval {
  readonly top: Top;
  readonly mean: number;
  readonly deviation: number;
  /** Accuracy of random guesses. */
  readonly chance: number;
}

/** The accuracies of one or more runs with the same number of classes. */
export const summarize = (runs: readonly (readonly Result[])[], classes: number): readonly Accuracy[] =>
  TOPS.map((top) => {
    const ofRuns = runs.map((results) => 100 * mean(results.map(({ rank }) => hit(rank, top))));
    const { low, high } = bootstrapInterval(bySubject(runs.flat(), top), { seed: BOOTSTRAP_SEED });
    return {
      top,
      mean: 100 * mean(runs.flat().map(({ rank }) => hit(rank, top))),
      low: 100 * low,
      high: 100 * high,
      deviation: standardDeviation(ofRuns),
      chance: Math.min(100, (100 * top) / classes),
    };
  });

export const isHit = (rank: number, top: Top): boolean => rank <= top;

const hit = (rank: number, top: Top): number => (isHit(rank, top) ? 1 : 0);

const bySubject = (results: readonly Result[], top: Top): number[][] => {
  const subjects = new Map<string, number[]>();
  for (const { rank, subject } of results) {
    const known = subjects.get(subject);
    if (known === undefined) subjects.set(subject, [hit(rank, top)]);
    else known.push(hit(rank, top));
  }
  return [...subjects.values()];
};

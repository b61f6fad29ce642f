import { bootstrapInterval, mean, standardDeviation, type Interval } from "../../math/statistics.ts";

export const TOPS = [1, 5, 10] as const;
export type Top = (typeof TOPS)[number];

/** Of the resampling; any fixed number serves. */
const BOOTSTRAP_SEED = 1;

/** How one question was answered. */
export interface Result {
  /** Of the true class; 1 is the best. */
  readonly rank: number;
  /** What was asked about. Results of one subject, in several runs, go together when they are drawn again. */
  readonly subject: string;
}

/** Top-k accuracy in percent, with a 95 % interval over subjects, and the deviation from run to run. */
export interface Accuracy extends Interval {
  readonly top: Top;
  readonly mean: number;
  readonly deviation: number;
  /** Of a guesser. */
  readonly chance: number;
}

/** The accuracies of one or several runs, each over as many classes. */
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

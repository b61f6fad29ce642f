import type { Run } from "./outcome.ts";
import { bootstrapInterval, mean, type Interval } from "../../math/statistics.ts";
import { isHit, TOPS, type Result, type Top } from "./summary.ts";

/** Seed of the resampling; any fixed number works. */
const BOOTSTRAP_SEED = 1;

/** The difference in top-k accuracy between two methods, in percentage points, with a 95 % interval over subjects. */
export interface AccuracyDifference extends Interval {
  readonly top: Top;
  readonly mean: number;
}

export interface Comparison {
  readonly name: string;
  readonly against: string;
  readonly differences: readonly AccuracyDifference[];
}

/**
 * How much better `runs` are than `reference` on the same questions: a paired bootstrap of the differences per
 * question, where the questions of one subject are resampled together.
 */
export const compareRuns = (runs: readonly Run[], reference: readonly Run[]): AccuracyDifference[] => {
  const results = runs.flatMap((run) => run.results);
  const others = reference.flatMap((run) => run.results);
  return TOPS.map((top) => {
    const subjects = new Map<string, number[]>();
    const differences = results.map((result, i) => {
      const difference = 100 * (hit(result, top) - hit(others[i], top));
      const known = subjects.get(result.subject);
      if (known === undefined) subjects.set(result.subject, [difference]);
      else known.push(difference);
      return difference;
    });
    return {
      top,
      mean: mean(differences),
      ...bootstrapInterval([...subjects.values()], { seed: BOOTSTRAP_SEED }),
    };
  });
};

const hit = (result: Result | undefined, top: Top): number =>
  result !== undefined && isHit(result.rank, top) ? 1 : 0;

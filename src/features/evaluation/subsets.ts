import { createRandom } from "../../math/random.ts";
import { compareRuns, type Comparison } from "./comparison.ts";
import { outcomeOf, type ReportRow, type Run } from "./outcome.ts";
import { openTrialSpace, ranksIn, type Questions, type TrialAnchor, type TrialSettings } from "./trial.ts";

const FEWEST = 50;

/** The questions and the anchors of one run. */
export interface Task extends Questions {
  readonly anchors: readonly TrialAnchor[];
  /** Identifies the subject of each image, see {@link Run}. */
  readonly subjects: readonly string[];
}

/** One configuration among several on the same anchors. */
export interface Variant extends TrialSettings {
  readonly name: string;
}

/** The tasks of all runs; all have the same number of classes. */
export interface Tasks {
  readonly taskOf: (seed: number) => Task;
  /** Whether all runs have the same task, so that they differ only in the anchors that are drawn. */
  readonly same: boolean;
}

export interface RunOptions {
  readonly seeds: number;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

export interface SubsetOutcome {
  /** One row for each variant and number of anchors. */
  readonly rows: readonly ReportRow[];
  /** The other variants compared with the first, with all anchors. */
  readonly comparisons: readonly Comparison[];
}

/** 50, 100, 200 and so on below `total`, and `total`. */
export const anchorCounts = (total: number): number[] => {
  const counts: number[] = [];
  for (let count = FEWEST; count < total / 1.5; count *= 2) counts.push(count);
  return [...counts, total];
};

/**
 * Answers with increasing numbers of anchors, drawn at random for each run; smaller draws are subsets of larger ones.
 * If all runs have the same task, the draw of all anchors is evaluated once.
 *
 * @param variants which share their transform
 * @throws the signal's reason if it aborts.
 */
export const runSubsets = async (
  { taskOf, same }: Tasks,
  variants: readonly Variant[],
  { seeds, signal, onProgress }: RunOptions,
): Promise<SubsetOutcome> => {
  const first = taskOf(0);
  const counts = anchorCounts(first.anchors.length);
  const runs = variants.map(() => counts.map((): Run[] => []));
  const total = variants.length * (seeds * (counts.length - 1) + (same ? 1 : seeds));
  let done = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const task = taskOf(seed);
    const shuffled = createRandom(seed).shuffle(task.anchors);
    for (const [index, count] of counts.entries()) {
      const isAll = index === counts.length - 1;
      if (isAll && same && seed > 0) continue;
      const anchors = isAll ? shuffled : shuffled.slice(0, count);
      const space = await openTrialSpace(anchors, variants[0]?.transform ?? "none");
      try {
        for (const [at, variant] of variants.entries()) {
          signal.throwIfAborted();
          onProgress(done++, total);
          const ranks = await ranksIn(space, task, variant);
          const results = ranks.map((rank, i) => ({ rank, subject: task.subjects[i] ?? "" }));
          runs[at]?.[index]?.push({ anchors: anchors.length, results });
        }
      } finally {
        space.close();
      }
    }
  }
  onProgress(done, done);
  const withAll = runs.map((ofVariant) => ofVariant.at(-1) ?? []);
  return {
    rows: variants.flatMap(({ name }, at) =>
      (runs[at] ?? []).map((ofCount) => outcomeOf({ name }, ofCount, first.classes.length)),
    ),
    comparisons: variants.slice(1).map(({ name }, i) => ({
      name,
      against: variants[0]?.name ?? "",
      differences: compareRuns(withAll[i + 1] ?? [], withAll[0] ?? []),
    })),
  };
};

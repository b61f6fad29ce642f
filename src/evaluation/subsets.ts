import { createRandom } from "../random.ts";
import { outcomeOf, type Run } from "./outcome.ts";
import type { Row } from "./report.ts";
import { openTrialSpace, ranksIn, type Questions, type TrialAnchor, type TrialSettings } from "./trial.ts";

const FEWEST = 50;

/** What one run asks, and of which anchors. */
export interface Task extends Questions {
  readonly anchors: readonly TrialAnchor[];
  /** What each image shows, see {@link Run}. */
  readonly subjects: readonly string[];
}

/** 50, 100, 200 and so on below `total`, and `total`. */
export const anchorCounts = (total: number): number[] => {
  const counts: number[] = [];
  for (let count = FEWEST; count < total / 1.5; count *= 2) counts.push(count);
  return [...counts, total];
};

/**
 * One row for each number of anchors, drawn at random for each run, the smaller draws being parts of the larger ones.
 *
 * @param taskOf the task of each run; all of them have as many classes
 * @throws the signal's reason where it aborts.
 */
export const runSubsets = async (
  taskOf: (seed: number) => Task,
  settings: TrialSettings,
  options: {
    readonly seeds: number;
    readonly signal: AbortSignal;
    readonly onProgress: (done: number, total: number) => void;
  },
): Promise<Row[]> => {
  const { seeds, signal, onProgress } = options;
  const first = taskOf(0);
  const counts = anchorCounts(first.anchors.length);
  const runs = counts.map((): Run[] => []);
  let done = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const task = taskOf(seed);
    const shuffled = createRandom(seed).shuffle(task.anchors);
    for (const [index, count] of counts.entries()) {
      signal.throwIfAborted();
      onProgress(done++, seeds * counts.length);
      const isAll = index === counts.length - 1;
      const anchors = isAll ? shuffled : shuffled.slice(0, count);
      const space = await openTrialSpace(anchors, settings.transform);
      try {
        const ranks = await ranksIn(space, task, settings);
        const results = ranks.map((rank, i) => ({ rank, subject: task.subjects[i] ?? "" }));
        runs[index]?.push({ anchors: anchors.length, results });
      } finally {
        space.close();
      }
    }
  }
  onProgress(done, done);
  return runs.map((ofCount) => outcomeOf({ name: "" }, ofCount, first.classes.length));
};

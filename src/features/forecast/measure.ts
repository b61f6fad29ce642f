import {
  createFoldMemories,
  parametersFor,
  scoreClassesOf,
  type Fold,
  type FoldMemories,
  type ScoringSettings,
} from "../../asif/index.ts";
import { createRandom } from "../../math/random.ts";
import type { AnchorView } from "../../retrieval/index.ts";
import type { AsifSetting } from "../../types.ts";
import type { ClassErrors } from "./growth.ts";

/** How questions are answered; k and p may follow the number of anchors. */
export type ForecastScoring = Omit<ScoringSettings, "k" | "p"> & {
  readonly asif: Pick<AsifSetting, "k" | "p">;
};

/** One measurement: a fold, a draw of its anchors, and how many of them answer. */
interface Step {
  readonly fold: number;
  readonly draw: number;
  readonly size: number;
}

/** The rank of the true class of each question of a fold, by the key of the step. */
export type StepRanks = ReadonlyMap<string, readonly number[]>;

export interface MeasureContext {
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
  /** What an interrupted run measured already. */
  readonly known: StepRanks;
  /** Keeps a finished step. */
  readonly keep: (step: string, ranks: readonly number[]) => Promise<void>;
}

/** Primes, so that each seed, fold and draw shuffles differently. */
const FOLD_SEEDS = 1_000_003;
const DRAW_SEEDS = 1_009;

const keyOf = ({ fold, draw, size }: Step): string => `${fold} ${draw} ${size}`;

/**
 * Asks the questions of every fold by ever more of its anchors. The subsets of one draw are nested, and each is a memory
 * of its own, whose transform is fitted on it alone, as a collection of that size would have it.
 *
 * @param sizes ascending, none above the smallest memory of the folds
 * @returns the ranks of every step
 * @throws the signal's reason if it aborts
 */
export const measureSteps = async (
  view: AnchorView,
  folds: readonly Fold[],
  sizes: readonly number[],
  draws: number,
  seed: number,
  scoring: ForecastScoring,
  { signal, progress, known, keep }: MeasureContext,
): Promise<StepRanks> => {
  const found = new Map(known);
  const total = folds.length * draws * sizes.length;
  const memories = createFoldMemories(view, { fittedApart: true });
  let done = 0;
  try {
    for (const [f, fold] of folds.entries())
      for (let draw = 0; draw < draws; draw++) {
        const random = createRandom(seed + FOLD_SEEDS * f + DRAW_SEEDS * draw);
        const order = Int32Array.from(fold.memory);
        random.shuffleInPlace(order);
        for (const size of sizes) {
          signal.throwIfAborted();
          progress(done++, total);
          const step = keyOf({ fold: f, draw, size });
          if (found.has(step)) continue;
          const wanted = new Uint8Array(view.slotCount);
          for (const slot of order.subarray(0, size)) wanted[slot] = 1;
          const memory = fold.memory.filter((slot) => wanted[slot] === 1);
          const ranks = await ranksOf(view, memories, { ...fold, memory }, scoring);
          found.set(step, ranks);
          await keep(step, ranks);
        }
      }
  } finally {
    memories.close();
  }
  progress(total, total);
  return found;
};

/** The rank of the true class of each question; equal scores share their mean rank. */
const ranksOf = async (
  view: AnchorView,
  memories: FoldMemories,
  fold: Fold,
  { asif, ...scoring }: ForecastScoring,
): Promise<number[]> => {
  const memory = await memories.open(fold);
  const ranks: number[] = [];
  await scoreClassesOf(
    memory.view,
    {
      ...scoring,
      ...parametersFor(asif, scoring.transform, fold.memory.length),
      ...(memory.allow === undefined ? {} : { allow: memory.allow }),
    },
    view.vectors("image", fold.images),
    view.vectors("text", fold.prompts),
    fold.sizes,
    (image, scores) => ranks.push(rankOf(scores, fold.truths[image] ?? 0)),
  );
  return ranks;
};

const rankOf = (scores: Float64Array, truth: number): number => {
  const own = scores[truth] ?? 0;
  let [above, same] = [0, 0];
  for (const score of scores) {
    if (score > own) above++;
    else if (score === own) same++;
  }
  return above + (same + 1) / 2;
};

/**
 * Counts each class's wrong answers by number of anchors: a class keeps its questions of all draws together.
 *
 * @param top an answer is right if the true class is among so many
 */
export const classErrorsOf = (
  folds: readonly Fold[],
  sizes: readonly number[],
  draws: number,
  ranks: StepRanks,
  top: number,
): ClassErrors[] =>
  folds.flatMap(({ truths, sizes: classes }, fold) => {
    const counts = classes.map(() => ({ questions: 0, wrong: sizes.map(() => 0) }));
    for (let draw = 0; draw < draws; draw++)
      sizes.forEach((size, j) => {
        const own = ranks.get(keyOf({ fold, draw, size })) ?? [];
        truths.forEach((truth, question) => {
          const count = counts[truth];
          if (count === undefined) return;
          if (j === 0) count.questions++;
          if ((own[question] ?? Infinity) > top) count.wrong[j] = (count.wrong[j] ?? 0) + 1;
        });
      });
    return counts.filter(({ questions }) => questions > 0);
  });

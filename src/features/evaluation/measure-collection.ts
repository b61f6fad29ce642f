import {
  createFoldMemories,
  parametersFor,
  scoreClassesOf,
  type Fold,
  type FoldMemories,
  type ScoringSettings,
} from "../../asif/index.ts";
import { createRandom } from "../../math/random.ts";
import { bootstrapIntervalInSlices } from "../../math/statistics.ts";
import type { AnchorView } from "../../retrieval/index.ts";
import type { AsifSetting } from "../../types.ts";
import type { EvaluationPoint } from "./api.ts";
import { anchorCounts } from "./subsets.ts";

const TOPS = { top1: 1, top5: 5 } as const;
const BOOTSTRAP_SEED = 1;
const MOST_CONFUSIONS = 500;

/** How the questions of every fold are answered; k and p may follow the number of anchors. */
export type EvaluationScoring = Omit<ScoringSettings, "k" | "p"> & {
  readonly asif: Pick<AsifSetting, "k" | "p">;
};

/** One question with what it was answered by. */
interface Outcome {
  readonly truth: string;
  readonly answered: string;
  /** Of the true class, 1 for the first. */
  readonly rank: number;
}

/** What is measured; names are of classes. */
export interface MeasuredAnswers {
  readonly points: readonly EvaluationPoint[];
  readonly classes: readonly {
    readonly name: string;
    readonly questions: number;
    readonly right: number;
    readonly answered: number;
  }[];
  readonly confusions: readonly {
    readonly truth: string;
    readonly answered: string;
    readonly count: number;
  }[];
}

/**
 * Asks the questions of all folds by ever more of their anchors, and counts which classes are taken for which with all
 * of them. Smaller draws of anchors are parts of larger ones; `auto` follows their number.
 *
 * @param nameOf the name of class `index` of a fold
 * @throws the signal's reason if it aborts
 */
export const measureCollection = async (
  view: AnchorView,
  folds: readonly Fold[],
  scoring: EvaluationScoring,
  {
    nameOf,
    seed,
    signal,
    progress,
  }: {
    readonly nameOf: (fold: Fold, index: number) => string;
    readonly seed: number;
    readonly signal: AbortSignal;
    readonly progress: (done: number, total: number) => void;
  },
): Promise<MeasuredAnswers> => {
  const counts = anchorCounts(Math.min(...folds.map(({ memory }) => memory.length)));
  const outcomes = counts.map((): Outcome[] => []);
  const memories = createFoldMemories(view);
  let done = 0;
  try {
    for (const fold of folds) {
      const names = fold.sizes.map((_, index) => nameOf(fold, index));
      const drawn = Int32Array.from(createRandom(seed).shuffle([...fold.memory.keys()]));
      for (const [at, count] of counts.entries()) {
        signal.throwIfAborted();
        progress(done++, folds.length * counts.length);
        const wanted = new Uint8Array(fold.memory.length);
        for (const index of drawn.subarray(0, count)) wanted[index] = 1;
        const part = at === counts.length - 1 ? fold.memory : fold.memory.filter((_, i) => wanted[i] === 1);
        for (const outcome of await askFold(view, memories, { ...fold, memory: part }, scoring, names))
          outcomes[at]?.push(outcome);
      }
    }
  } finally {
    memories.close();
  }
  progress(done, done);
  const withAll = outcomes.at(-1) ?? [];
  const points: EvaluationPoint[] = [];
  for (const [at, anchors] of counts.entries()) points.push(await pointOf(anchors, outcomes[at] ?? []));
  return {
    points,
    classes: classesOf(withAll),
    confusions: confusionsOf(withAll),
  };
};

const askFold = async (
  view: AnchorView,
  memories: FoldMemories,
  fold: Fold,
  { asif, ...scoring }: EvaluationScoring,
  names: readonly string[],
): Promise<Outcome[]> => {
  const memory = await memories.open(fold);
  const outcomes: Outcome[] = [];
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
    (image, scores) => {
      const truth = fold.truths[image] ?? 0;
      const own = scores[truth] ?? 0;
      let [best, rank] = [0, 1];
      for (let i = 0; i < scores.length; i++) {
        const score = scores[i] ?? 0;
        if (score > (scores[best] ?? 0)) best = i;
        if (score > own || (score === own && i < truth)) rank++;
      }
      outcomes.push({ truth: names[truth] ?? "", answered: names[best] ?? "", rank });
    },
  );
  return outcomes;
};

const pointOf = async (anchors: number, outcomes: readonly Outcome[]): Promise<EvaluationPoint> => {
  const accuracy = async (top: number) => {
    const hits = new Map<string, number[]>();
    for (const { truth, rank } of outcomes) {
      const known = hits.get(truth) ?? [];
      known.push(rank <= top ? 1 : 0);
      hits.set(truth, known);
    }
    const mean = outcomes.filter(({ rank }) => rank <= top).length / outcomes.length;
    return { mean, ...(await bootstrapIntervalInSlices([...hits.values()], { seed: BOOTSTRAP_SEED })) };
  };
  return { anchors, top1: await accuracy(TOPS.top1), top5: await accuracy(TOPS.top5) };
};

const classesOf = (outcomes: readonly Outcome[]): MeasuredAnswers["classes"] => {
  const rows = new Map<string, { questions: number; right: number; answered: number }>();
  const rowOf = (name: string) => {
    const row = rows.get(name) ?? { questions: 0, right: 0, answered: 0 };
    rows.set(name, row);
    return row;
  };
  for (const { truth, answered } of outcomes) {
    const row = rowOf(truth);
    row.questions++;
    if (truth === answered) row.right++;
    rowOf(answered).answered++;
  }
  return [...rows]
    .map(([name, row]) => ({ name, ...row }))
    .sort((a, b) => b.questions - a.questions || (a.name < b.name ? -1 : 1));
};

const confusionsOf = (outcomes: readonly Outcome[]): MeasuredAnswers["confusions"] => {
  const counts = new Map<string, { truth: string; answered: string; count: number }>();
  for (const { truth, answered } of outcomes) {
    if (truth === answered) continue;
    const key = JSON.stringify([truth, answered]);
    const known = counts.get(key) ?? { truth, answered, count: 0 };
    known.count++;
    counts.set(key, known);
  }
  return [...counts.values()].sort((a, b) => b.count - a.count).slice(0, MOST_CONFUSIONS);
};

import { DEFAULT_MEMBERS } from "../../api/methods.ts";
import {
  createFoldMemories,
  dealFolds,
  scoreClassesOf,
  type Fold,
  type ScoringSettings,
} from "../../asif/index.ts";
import { invalidField } from "../../errors.ts";
import type { AnchorView } from "../../retrieval/index.ts";
import { createRandom } from "../../math/random.ts";
import { measureRung, type Asked } from "./measure-rung.ts";
import { rungSizes } from "./rungs.ts";
import type { Calibration, Rung } from "./types.ts";

/** Maximum number of scores kept for all questions together. */
const MAX_TABLE = 20_000_000;
/** A prime, so that each seed shuffles every question differently. */
const QUESTION_SEEDS = 1_000_003;
/** Number of folds; each holds out a fifth of the classes, or more if more are requested. */
const MOST_FOLDS = 5;
const FEWEST_FOLDS = 2;
/** Maximum number of classes that a fold holds out unless more are requested. */
const MOST_HELD = 1_000;

export interface CalibrateOptions {
  /** The metadata field whose values are the classes; default: anchors with the same caption form a class. */
  readonly by?: string;
  /** One byte per slot: the anchors that take part; default: all. */
  readonly allow?: Uint8Array;
  /** A number of classes to measure in addition to the standard ones. */
  readonly classes?: number;
  /** Maximum number of images that are asked about. */
  readonly images: number;
  readonly seed: number;
}

export interface CalibrateContext {
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
}

/** A validated calibration that is ready to run. */
export interface CalibrationPlan {
  readonly view: AnchorView;
  readonly scoring: ScoringSettings;
  readonly folds: readonly Fold[];
  readonly options: CalibrateOptions;
}

/**
 * @throws AnchorageError `unprocessable` if there are too few classes to hold some out; `invalid-input` if `allow`
 * leaves a fold without questions or anchors, or half of the classes without questions
 */
export const planCalibration = (
  view: AnchorView,
  scoring: ScoringSettings,
  options: CalibrateOptions,
): CalibrationPlan => {
  const { by, allow, classes = 0, images, seed } = options;
  const deal = (folds: number): Fold[] =>
    dealFolds(view, {
      ...(by === undefined ? {} : { by }),
      folds,
      repeats: 1,
      seed,
      classes: Math.max(classes, MOST_HELD),
      questions: Math.ceil(images / folds),
    });
  let folds = deal(MOST_FOLDS);
  while ((folds[0]?.sizes.length ?? 0) < classes && folds.length > FEWEST_FOLDS)
    folds = deal(folds.length - 1);
  if (allow === undefined) return { view, scoring, options, folds };
  const left = folds.map((fold) => restricted(fold, allow));
  const asks = (half: number): boolean =>
    left.some(({ truths }) => truths.some((truth) => truth % 2 === half));
  if (left.some((fold) => fold.memory.length === 0 || fold.images.length === 0) || !asks(0) || !asks(1))
    throw invalidField(["filter"], "lets too few anchors through to hold some of them out");
  return { view, scoring, options, folds: left };
};

/** Anchors that are not allowed neither answer nor ask. */
const restricted = (fold: Fold, allow: Uint8Array): Fold => {
  const asks = (_: number, i: number): boolean => allow[fold.images[i] ?? -1] === 1;
  return {
    ...fold,
    memory: fold.memory.filter((slot) => allow[slot] === 1),
    images: fold.images.filter(asks),
    truths: fold.truths.filter(asks),
  };
};

/**
 * Measures the certainty of classifications on held-out anchors, for increasing numbers of classes. The wrong classes
 * of a question are drawn from those that its fold holds out. The temperature is fitted on the questions of one half
 * of the classes, and thresholds are computed on the other half.
 *
 * The result holds for classes without anchors, for prompts similar to the anchors' captions and images similar to
 * theirs.
 *
 * @throws the signal's reason if it aborts
 */
export const measureCalibration = async (
  { view, scoring, folds, options: { by, classes, seed } }: CalibrationPlan,
  { signal, progress }: CalibrateContext,
): Promise<Calibration> => {
  const width = folds[0]?.sizes.length ?? 0;
  const sizes = rungSizes(width, classes);
  const total = folds.length + sizes.length;
  progress(0, total);
  const asked = await askAll(view, scoring, folds, seed, (done) => {
    signal.throwIfAborted();
    progress(done, total);
  });
  const rungs: Rung[] = [];
  for (const size of sizes) {
    signal.throwIfAborted();
    rungs.push(await measureRung(asked, size, createRandom(seed + size)));
    progress(folds.length + rungs.length, total);
  }
  return {
    sequence: view.sequence,
    anchors: view.size,
    by: by ?? null,
    seed,
    folds: folds.length,
    rungs,
  };
};

/** A consensus is measured member by member, because its scores depend on the number of classes. */
const partsOf = (scoring: ScoringSettings): ScoringSettings[] =>
  scoring.method === "consensus"
    ? (scoring.members ?? DEFAULT_MEMBERS).map((member) => ({ ...scoring, members: [member] }))
    : [scoring];

const askAll = async (
  view: AnchorView,
  scoring: ScoringSettings,
  folds: readonly Fold[],
  seed: number,
  onFold: (done: number) => void,
): Promise<Asked> => {
  const width = folds[0]?.sizes.length ?? 0;
  const parts = partsOf(scoring);
  const each = Math.max(1, Math.floor(MAX_TABLE / (width * folds.length * parts.length)));
  const questions = folds.map(({ images, truths }) => ({
    slots: images.subarray(0, each),
    truths: truths.subarray(0, each),
  }));
  const count = questions.reduce((sum, { slots }) => sum + slots.length, 0);
  const tables = parts.map(() => new Float32Array(count * width));
  const halves = new Uint8Array(count);
  const others = new Int32Array(width - 1);
  const memories = createFoldMemories(view);
  let first = 0;
  try {
    for (const [i, fold] of folds.entries()) {
      const { slots, truths } = questions[i] ?? { slots: new Int32Array(), truths: new Int32Array() };
      const memory = await memories.open(fold);
      for (const [at, part] of parts.entries()) {
        const table = tables[at] ?? new Float32Array();
        await scoreClassesOf(
          memory.view,
          { ...part, ...(memory.allow === undefined ? {} : { allow: memory.allow }) },
          view.vectors("image", slots),
          view.vectors("text", fold.prompts),
          fold.sizes,
          (image, given) => {
            const truth = truths[image] ?? 0;
            const row = first + image;
            for (let j = 0; j < others.length; j++) others[j] = j < truth ? j : j + 1;
            // Equal for all parts.
            createRandom(seed + QUESTION_SEEDS * (row + 1)).shuffleInPlace(others);
            table[row * width] = given[truth] ?? 0;
            for (let j = 0; j < others.length; j++) table[row * width + 1 + j] = given[others[j] ?? 0] ?? 0;
            halves[row] = truth % 2;
          },
        );
      }
      first += slots.length;
      onFold(i + 1);
    }
  } finally {
    memories.close();
  }
  return { tables, width, halves };
};

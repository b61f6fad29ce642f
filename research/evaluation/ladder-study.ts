import { scoreClassesOf, parametersFor } from "../../src/asif/index.ts";
import type { EncoderRegistry } from "../../src/encoders/index.ts";
import { concatenate, openTrialSpace } from "../../src/features/evaluation/index.ts";
import { confidenceOf, fuseScores } from "../ladder/fuse.ts";
import { chooseThreshold, fitRungTemperature } from "../ladder/thresholds.ts";
import { QUERY_VENDOR } from "../../src/features/sample/index.ts";
import { createRandom } from "../../src/math/random.ts";
import { bootstrapInterval, mean } from "../../src/math/statistics.ts";
import type { Progress } from "../../src/progress.ts";
import type { Log } from "../../src/types.ts";
import { BEST } from "./emoji-configurations.ts";
import { chooseAnchors, eligibleClasses } from "./emoji-protocol.ts";
import { wordsOf } from "./emoji-runs.ts";
import { embedEmoji, type EmbeddedEmoji, type EmbeddedPair } from "./emoji-vectors.ts";

/** The rung, and the multiply-adds of an image by it and by the default encoder. */
const RUNG = "mobilenet-v2-block-12";
const MACS = { rung: 209.9e6, full: 4_709.2e6 };
const FOLDS = 16;
const CLASSES = 100;
const SPLITS = 20;

/** `shown`: other drawings of the asked classes are anchors; `unseen`: none is. */
export type LadderTask = "shown" | "unseen";

/** What the ladder did with the telling halves. Shares are in [0, 1]. */
export interface LadderLine {
  readonly task: LadderTask;
  readonly rung: number;
  readonly full: number;
  readonly fused: number;
  readonly difference: number;
  /** 95 % interval of the difference, by resampling the questions. */
  readonly low: number;
  readonly high: number;
  readonly saving: number;
  readonly harm: number;
  /** Splits whose measured harm is at most what was asked for. */
  readonly kept: number;
}

interface Question {
  readonly truth: number;
  readonly fold: number;
  readonly rung: Float64Array;
  readonly full: Float64Array;
  readonly fused: Float64Array;
}

/** @throws the signal's reason where it aborts; image vectors that were made are kept under `directory`. */
export const evaluateLadder = async (options: {
  readonly registry: EncoderRegistry;
  readonly directory: string;
  readonly tasks: readonly LadderTask[];
  readonly folds: number;
  readonly harm: number;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly progress: (label: string, unit: string) => Progress;
}): Promise<LadderLine[]> => {
  const texts = ({ emoji }: EmbeddedPair): readonly string[] => [wordsOf(emoji, BEST.captions)];
  const given = { ...options, textEncoder: undefined, texts };
  const cheap = await embedEmoji({ ...given, imageEncoder: RUNG });
  const deep = await embedEmoji({ ...given, imageEncoder: undefined });
  const lines: LadderLine[] = [];
  for (const task of options.tasks) {
    const questions = await askBoth(cheap, deep, task, options);
    lines.push(lineOf(task, questions, options.folds, options.harm));
  }
  return lines;
};

const askBoth = async (
  cheap: EmbeddedEmoji,
  deep: EmbeddedEmoji,
  task: LadderTask,
  { folds, signal, progress }: Pick<Parameters<typeof evaluateLadder>[0], "folds" | "signal" | "progress">,
): Promise<Question[]> => {
  const classes = createRandom(0).shuffle(eligibleClasses(deep.pairs, QUERY_VENDOR));
  const held = Array.from({ length: Math.min(folds, FOLDS) }, (_, i) =>
    classes.slice(i * CLASSES, (i + 1) * CLASSES),
  );
  const bar = progress(task, "folds");
  try {
    const questions: Question[] = [];
    // Classes that anchors show leave the anchors alone, so that one memory serves all folds.
    const groups = task === "shown" ? [held] : held.map((fold) => [fold]);
    for (const group of groups) {
      signal.throwIfAborted();
      const rung = await scoresOf(cheap, task, group);
      const full = await scoresOf(deep, task, group);
      rung.forEach(({ scores, truth, fold }, i) => {
        const first = fuseScores(null, scores);
        const last = full[i]?.scores ?? new Float64Array();
        const at = task === "shown" ? fold : questions.length / CLASSES;
        questions.push({
          truth,
          fold: Math.floor(at),
          rung: first,
          full: last,
          fused: fuseScores(first, last),
        });
      });
      bar.update(questions.length / CLASSES, held.length);
    }
    return questions;
  } finally {
    bar.stop();
  }
};

const scoresOf = async (
  emoji: EmbeddedEmoji,
  task: LadderTask,
  folds: readonly (readonly string[])[],
): Promise<{ readonly scores: Float64Array; readonly truth: number; readonly fold: number }[]> => {
  const { pairs, texts } = emoji;
  const drawn = new Map(
    pairs.filter(({ vendor }) => vendor === QUERY_VENDOR).map((pair) => [pair.emoji.hexcode, pair] as const),
  );
  const textOf = (pair: EmbeddedPair): Float32Array =>
    texts.get(wordsOf(pair.emoji, BEST.captions)) ?? new Float32Array();
  const pictures = new Set(folds.flat().flatMap((hexcode) => drawn.get(hexcode)?.digest ?? []));
  const choice = { vendors: BEST.vendors, style: "unseen" } as const;
  const held = task === "unseen" ? folds.flat() : [];
  const anchors = chooseAnchors(pairs, QUERY_VENDOR, choice, held, 0).filter(
    ({ digest }) => !pictures.has(digest),
  );
  const trial = anchors.map((pair) => ({
    id: pair.id,
    imageVector: pair.imageVector,
    textVector: textOf(pair),
  }));
  const space = await openTrialSpace(trial, BEST.transform);
  const answers: { scores: Float64Array; truth: number; fold: number }[] = [];
  try {
    const view = space.view();
    const settings = { ...parametersFor(BEST, BEST.transform, view.size), transform: BEST.transform };
    for (const [fold, hexcodes] of folds.entries()) {
      const asked = hexcodes.flatMap((hexcode) => drawn.get(hexcode) ?? []);
      const images = concatenate(asked.map(({ imageVector }) => imageVector));
      const scoring = { ...settings, method: "asif+local", ensemble: "max" } as const;
      const sizes = asked.map(() => 1);
      await scoreClassesOf(view, scoring, images, concatenate(asked.map(textOf)), sizes, (truth, scores) => {
        answers.push({ truth, fold, scores: Float64Array.from(scores) });
      });
    }
    return answers;
  } finally {
    space.close();
  }
};

/** Half of the folds fit (even classes) and choose (odd ones), the other half tells; over {@link SPLITS} splits. */
const lineOf = (
  task: LadderTask,
  questions: readonly Question[],
  folds: number,
  harm: number,
): LadderLine => {
  const splits = Array.from({ length: SPLITS }, (_, seed) => {
    const order = createRandom(seed).shuffle(Array.from({ length: folds }, (_, fold) => fold));
    const choosing = new Set(order.slice(0, Math.floor(folds / 2)));
    const chosen = questions.filter(({ fold }) => choosing.has(fold));
    const told = questions.filter(({ fold }) => !choosing.has(fold));
    const temperature = fitRungTemperature(
      chosen.filter(({ truth }) => truth % 2 === 0).map(({ rung, truth }) => ({ scores: rung, truth })),
    );
    const stopping = chosen
      .filter(({ truth }) => truth % 2 === 1)
      .map((question) => ({
        confidence: confidenceOf(question.rung, temperature),
        lost: !isRight(question.rung, question) && isRight(question.fused, question),
      }));
    const { threshold } = chooseThreshold(stopping, harm);
    return measureSplit(told, temperature, threshold);
  });
  const of = (value: (split: (typeof splits)[number]) => number): number => mean(splits.map(value));
  const differences = splits.flatMap((split) => split.differences);
  const byQuestion = new Map<Question, number[]>();
  for (const { question, value } of differences)
    byQuestion.set(question, [...(byQuestion.get(question) ?? []), value]);
  const groups = [...byQuestion.values()].map((values) => [mean(values)]);
  return {
    task,
    rung: share(questions, (question) => isRight(question.rung, question)),
    full: share(questions, (question) => isRight(question.full, question)),
    fused: share(questions, (question) => isRight(question.fused, question)),
    difference: of((split) => mean(split.differences.map(({ value }) => value))),
    ...bootstrapInterval(groups, { seed: 0 }),
    saving: of(({ saving }) => saving),
    harm: of((split) => split.harm),
    kept: share(splits, (split) => split.harm <= harm),
  };
};

const measureSplit = (told: readonly Question[], temperature: number, threshold: number) => {
  let [harmed, stopped] = [0, 0];
  const differences = told.map((question) => {
    const stops = confidenceOf(question.rung, temperature) >= threshold;
    const right = isRight(stops ? question.rung : question.fused, question);
    if (stops) stopped++;
    if (stops && !right && isRight(question.fused, question)) harmed++;
    return { question, value: Number(right) - Number(isRight(question.full, question)) };
  });
  const macs = MACS.rung + MACS.full * (1 - stopped / told.length);
  return { differences, harm: harmed / told.length, saving: 1 - macs / MACS.full };
};

const isRight = (scores: Float64Array, { truth }: Question): boolean =>
  scores.indexOf(Math.max(...scores)) === truth;

const share = <T>(items: readonly T[], holds: (item: T) => boolean): number =>
  items.filter(holds).length / Math.max(1, items.length);

import { join } from "node:path";
import type { Fold } from "../../src/asif/index.ts";
import type { EncoderRegistry } from "../../src/encoders/index.ts";
import { embedTexts, openTrialSpace, type TrialAnchor } from "../../src/features/evaluation/index.ts";
import {
  classErrorsOf,
  forecastGrowth,
  measureSteps,
  sizesUpTo,
  type ForecastScoring,
} from "../../src/features/forecast/index.ts";
import { QUERY_VENDOR, readPairs, VENDORS } from "../../src/features/sample/index.ts";
import { createRandom } from "../../src/math/random.ts";
import type { Progress } from "../../src/progress.ts";
import type { AnchorView } from "../../src/retrieval/index.ts";
import type { AnchorId, Log } from "../../src/types.ts";
import { makeData, TEXT_DIMENSION } from "../bench/paired-data.ts";
import { eligibleClasses } from "./emoji-protocol.ts";
import { wordsOf } from "./emoji-runs.ts";
import { embedDrawings } from "./emoji-vectors.ts";

export const FORECAST_ENCODERS = [
  "mobilenet-v2-block-12",
  "mobilenet-v2-block-16",
  "inception-v3-mixed6",
  "inception-v3-mixed5-7",
] as const;
/** Noise of the made-up images, in place of encoders. */
const NOISES = [9, 13, 18, 25] as const;
const GENERATED = { pairs: 10_400, dimension: 256, folds: 6 } as const;
const TOPS = [1, 5, 10] as const;
const CLASSES = 300;

/** What a new collection answers by. */
const SCORING: ForecastScoring = {
  ...{ method: "asif+local", transform: "auto", ensemble: "max", exact: true, negatives: "cut" },
  asif: { k: "auto", p: "auto" },
};

/** One forecast of an error that is then measured. */
export interface ForecastTrial {
  readonly data: string;
  readonly encoder: string;
  readonly top: number;
  readonly from: number;
  readonly anchors: number;
  /** With half of the anchors. */
  readonly before: number;
  readonly predicted: number;
  readonly low: number;
  readonly high: number;
  readonly logLinear: number;
  readonly measured: number;
}

export interface StudyOptions {
  readonly draws: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly progress: (label: string, unit: string) => Progress;
}

/** Forecasts the last size from the smaller ones, and the last but one from those below it. */
const trialsOf = async (
  label: { readonly data: string; readonly encoder: string },
  view: AnchorView,
  folds: readonly Fold[],
  { draws, seed, signal, progress }: StudyOptions,
): Promise<ForecastTrial[]> => {
  const sizes = sizesUpTo(Math.min(...folds.map(({ memory }) => memory.length)));
  const bar = progress(`${label.data}, ${label.encoder}`, "measurements");
  const ranks = await measureSteps(view, folds, sizes, draws, seed, SCORING, {
    ...{ signal, known: new Map(), keep: () => Promise.resolve() },
    progress: (done, total) => bar.update(done, total),
  }).finally(() => bar.stop());
  return TOPS.flatMap((top) => {
    const classes = classErrorsOf(folds, sizes, draws, ranks, top);
    const { sizes: points } = forecastGrowth(sizes, classes, seed);
    return [sizes.length - 2, sizes.length - 1].flatMap((at): ForecastTrial[] => {
      const smaller = sizes.slice(0, at);
      const [twice] = forecastGrowth(smaller, classes, seed).forecasts;
      if (twice === undefined) return [];
      return [
        {
          ...label,
          top,
          from: sizes[at - 1] ?? 0,
          anchors: sizes[at] ?? 0,
          before: points[at - 1]?.error ?? 0,
          predicted: twice.error,
          low: twice.low,
          high: twice.high,
          logLinear: twice.logLinear,
          measured: points[at]?.error ?? 0,
        },
      ];
    });
  });
};

/**
 * Emoji whose style no anchor shows: the drawings of one vendor are asked about, and the anchors are the other vendors'
 * drawings of other emoji.
 */
export const emojiTrials = async (
  encoders: readonly string[],
  options: StudyOptions & {
    readonly registry: EncoderRegistry;
    /** Where image vectors are kept. */
    readonly directory: string;
    readonly log: Log;
  },
): Promise<ForecastTrial[]> => {
  const { registry, directory, seed, progress } = options;
  const drawings = await readPairs(VENDORS.map(({ id }) => id));
  const trials: ForecastTrial[] = [];
  for (const id of encoders) {
    const bar = progress(id, "images");
    const pairs = await embedDrawings(drawings, {
      ...options,
      encoder: registry.get(id, "image"),
      directory: join(directory, "vectors"),
      progress: bar,
    }).finally(() => bar.stop());
    const words = pairs.map(({ emoji }) => wordsOf(emoji, "tags"));
    const texts = await embedTexts(words, { ...options, encoder: registry.defaultOf("text") });
    const space = await openTrialSpace(
      pairs.map(({ id: anchor, imageVector }, i): TrialAnchor => {
        const textVector = texts.get(words[i] ?? "") ?? new Float32Array(0);
        return { id: anchor, imageVector, textVector };
      }),
      "none",
    );
    try {
      const view = space.view();
      const classes = createRandom(seed).shuffle(eligibleClasses(pairs, QUERY_VENDOR));
      const slots = new Map(pairs.map((pair) => [pair.id, view.slotOf(pair.id) ?? 0]));
      const folds = Array.from({ length: Math.floor(classes.length / CLASSES) }, (_, f) => {
        const held = new Set(classes.slice(f * CLASSES, (f + 1) * CLASSES));
        const asked = pairs.filter(({ vendor, emoji }) => vendor === QUERY_VENDOR && held.has(emoji.hexcode));
        const pictures = new Set(asked.map(({ digest }) => digest));
        const known = pairs.filter(
          ({ vendor, emoji, digest }) =>
            vendor !== QUERY_VENDOR && !held.has(emoji.hexcode) && !pictures.has(digest),
        );
        const slotsOf = (some: typeof pairs): Int32Array =>
          Int32Array.from(some, (pair) => slots.get(pair.id) ?? 0);
        return foldOf(slotsOf(known).sort(), slotsOf(asked));
      });
      trials.push(...(await trialsOf({ data: "emoji", encoder: id }, view, folds, options)));
    } finally {
      space.close();
    }
  }
  return trials;
};

/** Made-up pairs that share few hidden causes; each image is asked for its own text. */
export const generatedTrials = async (options: StudyOptions): Promise<ForecastTrial[]> => {
  const { pairs: count, dimension, folds: parts } = GENERATED;
  const trials: ForecastTrial[] = [];
  for (const noise of NOISES) {
    const { images, texts } = makeData(count, 0, 0, dimension, { seed: options.seed + 1, noise });
    const pairs = Array.from({ length: count }, (_, i) => ({
      id: String(i).padStart(6, "0") as AnchorId,
      imageVector: images.subarray(i * dimension, (i + 1) * dimension),
      textVector: texts.subarray(i * TEXT_DIMENSION, (i + 1) * TEXT_DIMENSION),
    }));
    const space = await openTrialSpace(pairs, "none");
    try {
      const view = space.view();
      const order = createRandom(options.seed).shuffle([...view.liveSlots()]);
      const folds = Array.from({ length: parts }, (_, f) => {
        const held = new Set(order.slice(f * CLASSES, (f + 1) * CLASSES));
        return foldOf(
          view.liveSlots().filter((slot) => !held.has(slot)),
          Int32Array.from(held),
        );
      });
      trials.push(
        ...(await trialsOf({ data: "generated", encoder: `noise ${noise}` }, view, folds, options)),
      );
    } finally {
      space.close();
    }
  }
  return trials;
};

/** Every question is a class of its own, whose prompt is its own caption. */
const foldOf = (memory: Int32Array, asked: Int32Array): Fold => ({
  memory,
  images: asked,
  truths: Int32Array.from(asked, (_, i) => i),
  prompts: asked,
  sizes: Array.from(asked, () => 1),
});

/** The trials and what they come to, as lines. */
export const forecastStudyLines = (trials: readonly ForecastTrial[]): string[] => {
  const percent = (value: number): string => (100 * value).toFixed(1).padStart(6);
  const rows = trials.map(
    ({ data, encoder, top, from, anchors, before, predicted, low, high, logLinear, measured }) =>
      `${data.padEnd(10)}${encoder.padEnd(23)}${String(top).padStart(3)}${String(from).padStart(7)}${String(anchors).padStart(7)}` +
      `${[before, measured, predicted, logLinear].map(percent).join(" ")}  ${percent(low)} to ${percent(high).trim()}`,
  );
  const names = [...new Set(trials.map(({ data }) => data))];
  return [
    "data      encoder                top   from     to half all forecast log-lin   interval (90 %), errors in %",
    ...rows,
    ...names.map((name) =>
      summaryOf(
        name,
        trials.filter(({ data }) => data === name),
      ),
    ),
  ];
};

const summaryOf = (name: string, trials: readonly ForecastTrial[]): string => {
  const off = (of: (trial: ForecastTrial) => number): string => {
    const errors = trials.map((trial) => 100 * Math.abs(of(trial) - trial.measured));
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    return `${mean.toFixed(2)} (largest ${Math.max(...errors).toFixed(1)})`;
  };
  const within = trials.filter(({ low, high, measured }) => measured >= low && measured <= high).length;
  return (
    `${name}: mean absolute error in points ${off(({ predicted }) => predicted)}, ` +
    `log-linear ${off(({ logLinear }) => logLinear)}, no change ${off(({ before }) => before)}; ` +
    `${within} of ${trials.length} within their interval`
  );
};

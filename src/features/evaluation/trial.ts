import type { Method } from "../../api/methods.ts";
import {
  classify,
  createRepresentationCache,
  parametersFor,
  scoreByMethod,
  type MethodSettings,
} from "../../asif/index.ts";
import { openAnchorSpace, readProfile, type AnchorSpace, type SpaceOptions } from "../../retrieval/index.ts";
import type { AnchorId, AsifSetting, Sequence, Transform } from "../../types.ts";

export interface TrialAnchor {
  readonly id: AnchorId;
  readonly imageVector: Float32Array;
  readonly textVector: Float32Array;
}

/** Images whose classes are known, and the classes to tell apart. */
export interface Questions {
  readonly images: readonly Float32Array[];
  /** Of each image, the index of its class. */
  readonly truths: readonly number[];
  /** The vectors of each class's prompts. */
  readonly classes: readonly { readonly prompts: readonly Float32Array[] }[];
}

/** What `auto` stands for is decided by the anchors of each trial. */
export interface TrialParameters
  extends Pick<AsifSetting, "k" | "p">, Partial<Pick<AsifSetting, "negatives">> {
  readonly transform: Transform;
}

export interface TrialSettings extends TrialParameters, MethodSettings {
  /** `asif` where absent. */
  readonly method?: Method;
}

/** Classified at once, so that the scores of many images with many classes need not all be held. */
const IMAGES_A_BATCH = 512;

/** A collection's memory of these anchors alone, as the service has it. The caller closes it. */
export const openTrialSpace = async (
  anchors: readonly TrialAnchor[],
  transform: Transform,
  fits: Pick<SpaceOptions, "transforms" | "saveTransform"> = {},
): Promise<AnchorSpace> => {
  const [first] = anchors;
  if (first === undefined) throw new RangeError("a trial needs an anchor");
  const space = await openAnchorSpace({
    imageDimension: first.imageVector.length,
    textDimension: first.textVector.length,
    transform,
    ...fits,
    // However many anchors there are, what is measured is the method and not an index.
    profile: { ...readProfile("default"), exactLimit: Number.MAX_SAFE_INTEGER },
  });
  addToTrial(space, anchors, 1);
  return space;
};

/** Adds anchors to what a trial's memory has; `sequence` must rise from one to the next. */
export const addToTrial = (space: AnchorSpace, anchors: readonly TrialAnchor[], sequence: number): void => {
  space.apply({
    sequence: sequence as Sequence,
    upserts: anchors.map((anchor) => ({ ...anchor, caption: null, metadata: {} })),
    deletes: [],
  });
};

/**
 * The rank of the true class of each image; 1 is the best. By the code that serves queries: the best prompt of a class
 * counts, and classes of equal score come in their order.
 */
export const ranksIn = async (
  space: AnchorSpace,
  questions: Questions,
  settings: TrialSettings,
): Promise<number[]> => {
  const { images, truths, classes } = questions;
  const prompts = concatenate(classes.flatMap((each) => each.prompts));
  const ask = settings.method === undefined || settings.method === "asif" ? byClassify : byScores;
  const ranksOf = ask(space, classes, prompts, settings);
  const ranks: number[] = [];
  for (let first = 0; first < images.length; first += IMAGES_A_BATCH) {
    const last = Math.min(images.length, first + IMAGES_A_BATCH);
    ranks.push(...(await ranksOf(concatenate(images.slice(first, last)), truths.slice(first, last))));
  }
  return ranks;
};

/** Ranks of a batch of images, `[n, d]` row-major. */
type RanksOf = (images: Float32Array, truths: readonly number[]) => Promise<number[]>;

const byClassify = (
  space: AnchorSpace,
  classes: Questions["classes"],
  prompts: Float32Array,
  settings: TrialSettings,
): RanksOf => {
  const cache = createRepresentationCache();
  return async (images, truths) => {
    const view = space.view();
    const { transform } = settings;
    const answers = await classify(
      view,
      {
        images,
        prompts,
        classes: classes.map((each, index) => ({ name: String(index), prompts: each.prompts.length })),
        ensemble: "max",
        top: classes.length,
        explain: 0,
        settings: { ...settings, ...parametersFor(settings, transform, view.size) },
      },
      cache,
    );
    return answers.map((answer, i) => {
      const truth = String(truths[i]);
      return 1 + answer.classes.findIndex(({ name }) => name === truth);
    });
  };
};

const byScores = (
  space: AnchorSpace,
  classes: Questions["classes"],
  prompts: Float32Array,
  { method = "asif", ...settings }: TrialSettings,
): RanksOf => {
  const sizes = classes.map((each) => each.prompts.length);
  return async (images, truths) => {
    const view = space.view();
    const used = { ...settings, ...parametersFor(settings, settings.transform, view.size) };
    const scores = await scoreByMethod(view, method, images, prompts, used);
    const width = scores.length / truths.length;
    return truths.map((truth, i) => rankOfTruth(scores.subarray(i * width, (i + 1) * width), sizes, truth));
  };
};

/**
 * The rank of class `truth`, each class scoring as its best prompt.
 *
 * @param scores of every prompt, those of the first class first
 * @param sizes how many prompts each class has
 */
export const rankOfTruth = (scores: Float64Array, sizes: readonly number[], truth: number): number => {
  let first = 0;
  const best = sizes.map((size) => {
    let highest = -Infinity;
    for (let i = first; i < first + size; i++) highest = Math.max(highest, scores[i] ?? -Infinity);
    first += size;
    return highest;
  });
  const own = best[truth] ?? -Infinity;
  return 1 + best.filter((score, index) => score > own || (score === own && index < truth)).length;
};

/** Rows of one length, `[n, d]`. */
export const concatenate = (rows: readonly Float32Array[]): Float32Array => {
  const dimension = rows[0]?.length ?? 0;
  const result = new Float32Array(rows.length * dimension);
  rows.forEach((row, i) => result.set(row, i * dimension));
  return result;
};

import { scoreTexts, type Fold, type FoldMemory, type MethodPlug } from "../../asif/index.ts";
import type { AnchorView, Neighbours } from "../../retrieval/index.ts";
import { rankGrid } from "./asif-grid.ts";
import { rankAmong } from "./ranks.ts";
import type { Method, Negatives } from "../../types.ts";
import type { Choice, Trial } from "./api.ts";

/** Methods that are plugged in, by their names. */
export type Plugged = ReadonlyMap<Method, MethodPlug>;

/** A fold that is being evaluated. */
export interface OpenFold extends Pick<FoldMemory, "view" | "allow"> {
  /** Methods beside the core's. */
  readonly plugs?: Plugged;
  /** What similarities below 0 count for; absent: nothing. */
  readonly negatives?: Negatives;
  readonly truths: Int32Array;
  readonly sizes: readonly number[];
  /** `[truths, d]` */
  readonly images: Float32Array;
  /** `[sum of sizes, d']` */
  readonly prompts: Float32Array;
}

export const openFold = (
  view: AnchorView,
  fold: Fold,
  { view: seen, allow }: FoldMemory,
  plugs?: Plugged,
  negatives?: Negatives,
): OpenFold => ({
  view: seen,
  ...(negatives === undefined ? {} : { negatives }),
  ...(plugs === undefined ? {} : { plugs }),
  ...(allow === undefined ? {} : { allow }),
  truths: fold.truths,
  sizes: fold.sizes,
  images: view.vectors("image", fold.images),
  prompts: view.vectors("text", fold.prompts),
});

/**
 * Ranks by ASIF, in the space of a transform or of canonical directions, for every k of `ks`, ascending, and every p of
 * `ps`. The nearest anchors are searched once.
 *
 * @param trial by `asif` or `asif-csa`; its own k and p do not matter
 */
export const askGrid = async (
  fold: OpenFold,
  trial: Trial,
  ks: readonly number[],
  ps: readonly number[],
  onRanks: (k: number, p: number, ranks: Float64Array) => void,
): Promise<void> => {
  const nearest = await searchOf(fold, trial, ks.at(-1) ?? 1);
  const input = {
    images: await nearest("image", fold.images),
    texts: await nearest("text", fold.prompts),
    truths: fold.truths,
    sizes: fold.sizes,
    slotCount: fold.view.slotCount,
    ...(fold.negatives === undefined ? {} : { negatives: fold.negatives }),
  };
  await rankGrid(input, ks, ps, onRanks);
};

type Search = (modality: "image" | "text", vectors: Float32Array) => Promise<Neighbours>;

const searchOf = async (
  { view, allow }: OpenFold,
  { method, transform = "none", rank = Infinity }: Trial,
  k: number,
): Promise<Search> => {
  if (method === "asif-csa") {
    const aligned = await view.align("csa", allow);
    return (modality, vectors) => aligned.search(modality, vectors, { k, rank, allow });
  }
  const options = { k, transform, exact: true, ...(allow === undefined ? {} : { allow }) };
  return async (modality, vectors) => (await view.search(modality, vectors, options)).neighbours;
};

/**
 * The rank of each image's class by one trial, as queries are answered.
 *
 * @param defaults for what the trial leaves open; a method that does not depend on it takes no notice
 */
export const ask = async (fold: OpenFold, trial: Trial, defaults: Choice): Promise<Float64Array> => {
  const { k = defaults.k, p = defaults.p, transform = defaults.transform, rank, ensemble } = trial;
  const { view, allow, plugs, truths, sizes, images, prompts } = fold;
  const plug = plugs?.get(trial.method);
  const isMean = ensemble === "mean";
  const { scores } = await scoreTexts(
    view,
    trial.method,
    images,
    prompts,
    {
      ...{ k, p, negatives: defaults.negatives ?? "cut", transform, exact: true },
      ...(allow === undefined ? {} : { allow }),
      ...(rank === undefined ? {} : { rank }),
      ...(plug === undefined ? {} : { plug }),
    },
    isMean ? sizes : undefined,
  );
  const columns = isMean ? sizes.map(() => 1) : sizes;
  const width = scores.length / truths.length;
  return Float64Array.from(truths, (truth, i) =>
    rankAmong(scores.subarray(i * width, (i + 1) * width), columns, truth),
  );
};

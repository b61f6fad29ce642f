import type { AnchorView } from "../retrieval/index.ts";
import type { Ensemble, Method } from "../types.ts";
import { scoreTexts } from "./method.ts";
import type { MethodSettings } from "./settings.ts";
import type { AsifSettings } from "./types.ts";

/** Maximum number of scores in memory at once, 8 bytes each. */
const MAX_SCORES = 2_000_000;

/** The settings that determine a class's score, together with the anchors. */
export interface ScoringSettings extends Omit<AsifSettings, "allow">, MethodSettings {
  readonly method: Method;
  /** As in a classification. */
  readonly ensemble: Ensemble;
}

/**
 * The score of each image with each class, computed by the code that serves classifications.
 *
 * @param images `[n, d]` row-major raw vectors
 * @param prompts `[m, d']` row-major, grouped by class in order
 * @param sizes number of prompts of each class
 * @param onImage receives the scores of one image in the order of the classes, in an array that is reused for the
 * next image
 */
export const scoreClassesOf = async (
  view: AnchorView,
  { method, ensemble, ...settings }: ScoringSettings & Pick<AsifSettings, "allow">,
  images: Float32Array,
  prompts: Float32Array,
  sizes: readonly number[],
  onImage: (image: number, scores: Float64Array) => void,
): Promise<void> => {
  const dimension = view.dimension("image");
  const count = images.length / dimension;
  const columns = sizes.reduce((sum, size) => sum + size, 0);
  const batch = Math.max(1, Math.floor(MAX_SCORES / Math.max(1, columns)));
  const groups = ensemble === "mean" ? sizes : undefined;
  const best = new Float64Array(sizes.length);
  for (let first = 0; first < count; first += batch) {
    const part = images.subarray(first * dimension, (first + batch) * dimension);
    const { scores } = await scoreTexts(view, method, part, prompts, settings, groups);
    const width = groups === undefined ? columns : sizes.length;
    for (let row = 0; row * width < scores.length; row++) {
      const own = scores.subarray(row * width, (row + 1) * width);
      if (groups === undefined) bestOf(own, sizes, best);
      onImage(first + row, groups === undefined ? best : own);
    }
  }
};

/** A class scores as its best prompt. */
const bestOf = (scores: Float64Array, sizes: readonly number[], best: Float64Array): void => {
  let at = 0;
  for (let i = 0; i < sizes.length; i++) {
    let highest = -Infinity;
    for (const end = at + (sizes[i] ?? 0); at < end; at++) highest = Math.max(highest, scores[at] ?? 0);
    best[i] = highest;
  }
};

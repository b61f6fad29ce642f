import { median } from "../../math/statistics.ts";
import type { Slot } from "../../retrieval/index.ts";
import type { Modality } from "../../types.ts";
import type { PairAgreement } from "./agreement.ts";

/** Robust standard deviations from which an anchor is an outlier. */
const FAR = 3.5;
/** Makes the median absolute deviation a standard deviation where values are normally distributed. */
const NORMAL = 1.4826;

export interface Outlier {
  readonly slot: Slot;
  readonly modality: Modality;
  /** Robust standard deviations below the median similarity. */
  readonly deviations: number;
}

/**
 * Anchors whose picture or caption is far from all others: their similarity to the fifth nearest is 3.5 robust standard
 * deviations or more below the median (Iglewicz and Hoaglin, "How to detect and handle outliers", 1993).
 *
 * @returns the farthest first; an anchor is listed once, by the modality in which it is farther
 */
export const findOutliers = (slots: Int32Array, similarities: PairAgreement["similarities"]): Outlier[] => {
  const far = {
    image: deviationsOf(slots, similarities.image),
    text: deviationsOf(slots, similarities.text),
  };
  return Array.from(slots, (slot, i): Outlier => {
    const [image, text] = [far.image[i] ?? 0, far.text[i] ?? 0];
    return image >= text
      ? { slot, modality: "image", deviations: image }
      : { slot, modality: "text", deviations: text };
  })
    .filter(({ deviations }) => deviations >= FAR)
    .sort((a, b) => b.deviations - a.deviations);
};

/** `(median - s) / (1.4826 MAD)` of each; zeros where more than half of the values are equal. */
const deviationsOf = (slots: Int32Array, similarities: Float64Array): Float64Array => {
  if (slots.length === 0) return new Float64Array(0);
  const values = Float64Array.from(slots, (slot) => similarities[slot] ?? 0);
  const middle = median(values);
  const spread = NORMAL * median(values.map((value) => Math.abs(value - middle)));
  return values.map((value) => (spread > 0 ? (middle - value) / spread : 0));
};

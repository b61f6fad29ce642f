import { wilsonInterval } from "../../math/statistics.ts";
import type { ReliabilityBin } from "./api.ts";
import type { Prediction } from "./expected-error.ts";

const BINS = 10;

/**
 * The reliability diagram (Niculescu-Mizil and Caruana, "Predicting good probabilities with supervised learning", ICML
 * 2005): predictions by their confidence, in bins of equal width, with the share of each bin that is right.
 *
 * @returns the bins that hold predictions, the least confident first
 *
 * @example
 * ```ts
 * reliability([{ confidence: 0.93, correct: true }, { confidence: 0.97, correct: false }]);
 * // [{ from: 0.9, to: 1, images: 2, confidence: 0.95, accuracy: 0.5, low: 0.09, high: 0.91 }], rounded
 * ```
 */
export const reliability = (outcomes: readonly Prediction[], bins = BINS): readonly ReliabilityBin[] => {
  const sums = Array.from({ length: bins }, () => ({ images: 0, confidence: 0, right: 0 }));
  for (const { confidence, correct } of outcomes) {
    const sum = sums[Math.min(bins - 1, Math.floor(confidence * bins))];
    if (sum === undefined) continue;
    sum.images++;
    sum.confidence += confidence;
    if (correct) sum.right++;
  }
  return sums.flatMap(({ images, confidence, right }, i) =>
    images === 0
      ? []
      : {
          ...{ from: i / bins, to: (i + 1) / bins, images },
          ...{ confidence: confidence / images, accuracy: right / images },
          ...wilsonInterval(right, images),
        },
  );
};

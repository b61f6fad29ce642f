/** A prediction and whether it was correct. */
export interface Prediction {
  /** The probability of the predicted class. */
  readonly confidence: number;
  readonly correct: boolean;
}

const BINS = 15;

/**
 * Expected calibration error: the mean distance between confidence and accuracy over bins of equal width, weighted by
 * how many are in each (Naeini, Cooper and Hauskrecht, AAAI 2015; 15 bins as in Guo et al., ICML 2017).
 *
 * Even for n perfectly calibrated outcomes its expected value is about 0.3 sqrt(15 / n).
 *
 * @returns in [0, 1]; 0 if there are none
 */
export const expectedCalibrationError = (outcomes: readonly Prediction[], bins = BINS): number => {
  const gaps = new Float64Array(bins);
  for (const { confidence, correct } of outcomes) {
    const bin = Math.min(bins - 1, Math.floor(confidence * bins));
    gaps[bin] = (gaps[bin] ?? 0) + confidence - (correct ? 1 : 0);
  }
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / Math.max(1, outcomes.length);
};

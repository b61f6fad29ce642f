import type { AsifParameters, Sequence } from "../../types.ts";
import type { CalibrationEvidence } from "./api.ts";
import type { Softness } from "./softness.ts";

/** The measurements for one number of classes on held-out anchors. */
export interface Rung {
  readonly classes: number;
  readonly softness: Softness;
  readonly temperature: number;
  /** Confidences of the half that the temperature was not fitted on, in descending order. */
  readonly confidences: readonly number[];
  /** For the same outcomes: 1 if the predicted class is the true one. */
  readonly correct: readonly (0 | 1)[];
  /** Of the same half, in descending order. */
  readonly trueProbabilities: readonly number[];
  readonly evidence: CalibrationEvidence;
}

export interface Calibration {
  /** The sequence of the anchors that it was measured on. */
  readonly sequence: Sequence;
  readonly anchors: number;
  /** The metadata field whose values were the classes; null: the captions. */
  readonly by: string | null;
  readonly seed: number;
  readonly folds: number;
  /** The k and p that `auto` resolved to; absent in records of older versions. */
  readonly used?: Pick<AsifParameters, "k" | "p">;
  /** Sorted by number of classes, ascending. */
  readonly rungs: readonly Rung[];
}

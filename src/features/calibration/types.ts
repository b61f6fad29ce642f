import type { AsifParameters, Sequence } from "../../types.ts";
import type { CalibrationEvidence } from "./api.ts";
import type { Softness } from "./softness.ts";

/** What one number of classes came to, measured on held-out anchors. */
export interface Rung {
  readonly classes: number;
  readonly softness: Softness;
  readonly temperature: number;
  /** Of the half that the temperature was not fitted on, the most confident first. */
  readonly confidences: readonly number[];
  /** Of the same: 1 where the class that was named first is the true one. */
  readonly correct: readonly (0 | 1)[];
  /** Of the same half, the highest first. */
  readonly trueProbabilities: readonly number[];
  readonly evidence: CalibrationEvidence;
}

export interface Calibration {
  /** Of the anchors that it was measured on. */
  readonly sequence: Sequence;
  readonly anchors: number;
  /** The metadata field whose values were the classes; null: the captions. */
  readonly by: string | null;
  readonly seed: number;
  readonly folds: number;
  /** The k and p that `auto` stood for; absent in what older versions stored. */
  readonly used?: Pick<AsifParameters, "k" | "p">;
  /** By number of classes, fewest first. */
  readonly rungs: readonly Rung[];
}

import type { Sequence } from "../../types.ts";
import type { RiskPoint } from "./risk-coverage.ts";
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
  readonly evidence: Evidence;
}

export interface Evidence {
  /** Images that the temperature was fitted on, and images that all else is told of. */
  readonly fittedImages: number;
  readonly testedImages: number;
  readonly accuracy: number;
  readonly meanConfidence: number;
  readonly expectedCalibrationError: { readonly fitted: number; readonly tested: number };
  /** In nats a question. */
  readonly negativeLogLikelihood: { readonly fitted: number; readonly tested: number };
  /** Some points of the curve, from few answers to all. */
  readonly riskCoverage: readonly RiskPoint[];
  /** Each half of the tested images by the threshold of the other half. */
  readonly abstain: readonly {
    readonly risk: number;
    /** The share that is answered, and the share of it that is wrong; null where nothing is answered. */
    readonly coverage: number;
    readonly measuredRisk: number | null;
  }[];
  readonly conformal: readonly {
    readonly coverage: number;
    readonly measuredCoverage: number;
    readonly meanSize: number;
  }[];
}

export interface Calibration {
  /** Of the anchors that it was measured on. */
  readonly sequence: Sequence;
  readonly anchors: number;
  /** The metadata field whose values were the classes; null: the captions. */
  readonly by: string | null;
  readonly seed: number;
  readonly folds: number;
  /** By number of classes, fewest first. */
  readonly rungs: readonly Rung[];
}

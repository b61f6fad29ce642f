import { expectedCalibrationError, type Rung } from "../../src/features/calibration/index.ts";
import { QUERY_VENDOR } from "../../src/features/sample/index.ts";
import type { Style } from "./emoji-protocol.ts";
import { mean, standardDeviation } from "../../src/math/statistics.ts";

/** One draw of emoji that no anchor shows: what was promised beside what came of it. */
export interface SurenessRun {
  readonly style: Style;
  readonly anchors: number;
  readonly images: number;
  readonly accuracy: number;
  /** Rank correlation of each class's predicted accuracy with the share of its drawings that were classified right. */
  readonly spearman: number;
  /** Mean predicted accuracy. */
  readonly predicted: number;
  /** On held-out anchors, on the half that the temperature was not fitted on. */
  readonly heldOut: Pick<Rung["evidence"], "expectedCalibrationError" | "testedImages" | "accuracy">;
  readonly outcomes: readonly SureOutcome[];
}

export interface SureOutcome {
  readonly vendor: string;
  readonly confidence: number;
  readonly correct: boolean;
  readonly abstained: boolean;
  /** Whether the set of classes holds the true one, and how many it holds. */
  readonly holds: boolean;
  readonly size: number;
}

/** What runs of one style came to, over all their drawings; figures of runs are mean and standard deviation. */
export interface SurenessLine {
  readonly style: Style;
  readonly queries: string;
  readonly images: number;
  readonly accuracy: string;
  readonly "predicted by coverage": string;
  readonly spearman: string;
  readonly confidence: string;
  readonly "ECE held out": string;
  readonly "ECE emoji": string;
  readonly "answered at 10 % risk": string;
  readonly "wrong of these": string;
  readonly "in sets of 90 %": string;
  readonly "mean set": string;
}

/** A line for all drawings, and one for those of the query vendor alone. */
export const surenessLines = (style: Style, runs: readonly SurenessRun[]): SurenessLine[] =>
  [undefined, QUERY_VENDOR].map((vendor) => {
    const outcomes = runs
      .flatMap((run) => run.outcomes)
      .filter((outcome) => vendor === undefined || outcome.vendor === vendor);
    const share = (holds: (outcome: (typeof outcomes)[number]) => boolean): number =>
      outcomes.filter(holds).length / Math.max(1, outcomes.length);
    const answered = outcomes.filter(({ abstained }) => !abstained);
    const wrong = answered.filter(({ correct }) => !correct).length / Math.max(1, answered.length);
    const ofRuns = (figure: (run: SurenessRun) => number, unit: (value: number) => string): string => {
      const values = runs.map(figure);
      return `${unit(mean(values))} ± ${unit(standardDeviation(values))}`;
    };
    return {
      style,
      queries: vendor ?? "all vendors",
      images: outcomes.length,
      accuracy: percent(share(({ correct }) => correct)),
      "predicted by coverage": ofRuns(({ predicted }) => predicted, percent),
      spearman: ofRuns((run) => run.spearman, plain),
      confidence: percent(mean(outcomes.map(({ confidence }) => confidence))),
      "ECE held out": ofRuns(({ heldOut }) => heldOut.expectedCalibrationError.tested, plain),
      "ECE emoji": plain(expectedCalibrationError(outcomes)),
      "answered at 10 % risk": percent(share(({ abstained }) => !abstained)),
      "wrong of these": percent(wrong),
      "in sets of 90 %": percent(share(({ holds }) => holds)),
      "mean set": mean(outcomes.map(({ size }) => size)).toFixed(1),
    };
  });

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const plain = (value: number): string => value.toFixed(3);

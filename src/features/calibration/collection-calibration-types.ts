import type { Filter } from "../../api/filter.ts";
import type { Member } from "../../api/methods.ts";
import type { Calibration, CalibrateContext, Evidence, Judgement, RiskPoint } from "./index.ts";
import type { Ensemble, Method, Sequence, TransformKind } from "../../types.ts";
import type {
  ClassifyAnswer,
  ClassifyResult,
  MethodRequest,
  QuerySettings,
} from "../../collections/types.ts";

/** What answers' probabilities depend on beside the anchors; a calibration is of one such. */
export interface CalibrationSettings {
  readonly method: Method;
  readonly ensemble: Ensemble;
  readonly k: number;
  readonly p: number;
  readonly transform: TransformKind;
  /** Null: what the method takes by itself. */
  readonly rank: number | null;
  readonly members: readonly Member[] | null;
  readonly filter: Filter | null;
}

export interface CalibrateRequest
  extends Pick<QuerySettings, "k" | "p" | "transform" | "minSequence">, MethodRequest {
  readonly ensemble?: Ensemble;
  readonly filter?: Filter;
  /** The metadata field whose values are the classes; absent: the captions. */
  readonly by?: string;
  /** A number of classes to measure beside those that are measured anyway. */
  readonly classes?: number;
  /** How many held-out images ask at most; 4,000 where absent. */
  readonly images?: number;
  readonly seed?: number;
}

/** A calibration with what it was found to hold for, but without the outcomes that thresholds are taken from. */
export interface CalibrationDetail extends Omit<Calibration, "rungs"> {
  readonly settings: CalibrationSettings;
  readonly calibratedAt: Date;
  /** Whether nothing was written to the collection since. */
  readonly current: boolean;
  readonly byClasses: readonly ({
    readonly classes: number;
    readonly softness: number | null;
    readonly temperature: number;
  } & Evidence)[];
}

export type CalibrationWork = (context: CalibrateContext) => Promise<CalibrationDetail>;

/** How sure the answers of a classification are to be. */
export interface SureRequest {
  /** Adds the probability of each class. */
  readonly probabilities?: boolean;
  /** Says of each image whether it is better not answered, so that at most this share of the answered is wrong. */
  readonly abstain?: { readonly risk: number };
  /** Adds a set of classes that holds the true one so often. */
  readonly conformal?: { readonly coverage: number };
}

/** By what the probabilities of an answer were made. */
export interface CalibrationUsed {
  readonly sequence: Sequence;
  readonly current: boolean;
  /** That it was measured for: as many as the request has, or the next larger number measured. */
  readonly classes: number;
  /** Whether the request has more classes than were measured. */
  readonly extrapolated: boolean;
  readonly temperature: number;
  readonly expectedCalibrationError: number;
  /** Of what is answered; null where nothing is sure enough. */
  readonly abstain?: RiskPoint | null;
  readonly conformal?: { readonly coverage: number; readonly atLeast: number };
}

export interface SureResult extends Omit<ClassifyResult, "classes">, Pick<Judgement, "abstained" | "set"> {
  readonly classes: readonly {
    readonly name: string;
    readonly score: number;
    readonly probability?: number;
  }[];
}

/** What is calibrated is there where the request asks for it. */
export interface SureAnswer extends Omit<ClassifyAnswer, "results"> {
  readonly results: readonly SureResult[];
  readonly calibration?: CalibrationUsed;
}

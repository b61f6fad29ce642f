import type { z } from "@hono/zod-openapi";
import type { calibrationUsed, sure } from "./api.ts";
import type { QuerySettings } from "../../api/queries.ts";
import type { Filter } from "../../api/filter.ts";
import type { Member, MethodRequest } from "../../api/methods.ts";
import type { Calibration, CalibrateContext, Evidence } from "./index.ts";
import type { Ensemble, Method, TransformKind } from "../../types.ts";

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
export type SureRequest = z.output<z.ZodObject<typeof sure>>;
/** By what the probabilities of an answer were made. */
export type CalibrationUsed = z.output<typeof calibrationUsed>;

/** How sure a classification may be: temperature, abstaining and prediction sets, from anchors that are held out. */
export type { Evidence, RiskPoint } from "./api.ts";
export {
  calibrate,
  planCalibration,
  type CalibrateContext,
  type CalibrateOptions,
  type CalibrationPlan,
} from "./calibrate.ts";
export type { Scoring } from "./class-scores.ts";
export { expectedCalibrationError } from "./expected-error.ts";
export { judge, standardOf, type Judgement, type Standard, type Sureness } from "./judge.ts";
export { rungFor } from "./rungs.ts";
export type * from "./types.ts";

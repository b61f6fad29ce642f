/** Certainty of classifications: temperature, abstention and prediction sets, measured on held-out anchors. */
export { sureRequest, type CalibrationEvidence, type RiskPoint } from "./api.ts";
export {
  measureCalibration,
  planCalibration,
  type CalibrateContext,
  type CalibrateOptions,
  type CalibrationPlan,
} from "./calibrate.ts";
export { expectedCalibrationError } from "./expected-error.ts";
export { judge, standardOf, type CalibratedClasses, type DecisionRule, type Sureness } from "./judge.ts";
export { rungFor } from "./rungs.ts";
export type * from "./types.ts";

/** Settings of a collection by cross-validation on its own anchors. */
export {
  choice,
  measured,
  METRICS,
  TUNING_DEFAULTS,
  type Choice,
  type Measured,
  type MeasuredTrial,
  type TuneRequest,
  type TuneSettings,
  type Tuning,
  type TuningFindings,
} from "./api.ts";
export { ask, openFold } from "./answer.ts";
export { rankGrid } from "./asif-grid.ts";
export { trialOf } from "./candidates.ts";
export { measure, sumRanks } from "./ranks.ts";
export { tuningReport } from "./report.ts";
export type { TuneContext } from "./run.ts";
export { tune } from "./tune.ts";
export { createTunings, presentChoice, type Tunings } from "./tunings.ts";

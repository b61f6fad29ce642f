/** Combines the scores of several scorers: calibration to a common scale, aggregation, and measures of agreement. */
export { aggregate, type Aggregated, type Aggregation } from "./aggregate.ts";
export { agreementOf, kendallW, type Agreement } from "./agreement.ts";
export { calibrate, finiteOf, type Calibration } from "./calibrate.ts";
export { learnWeights, type LabelledPool } from "./weights.ts";

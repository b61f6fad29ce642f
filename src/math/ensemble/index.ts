/** Several scorers' opinions made one: scales that can be held against each other, sums of them, and how far they agree. */
export { aggregate, type Aggregated, type Aggregation } from "./aggregate.ts";
export { agreementOf, kendallW, type Agreement } from "./agreement.ts";
export { calibrate, finiteOf, type Calibration } from "./calibrate.ts";
export { learnWeights, type LabelledPool } from "./weights.ts";

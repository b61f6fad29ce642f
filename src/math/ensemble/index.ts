/** Combines the scores of several scorers: calibration to a common scale, aggregation, and measures of agreement. */
export { aggregate, type Aggregated, type Aggregation } from "./aggregate.ts";
export { agreementOf, kendallW, type Agreement } from "./agreement.ts";
export { normaliseScores, finiteOf, type Normalisation } from "./normalise.ts";
export { learnWeights, type LabelledPool } from "./weights.ts";

/** Combines the scores of several judges: normalisation to a common scale and aggregation. */
export { aggregate, type Aggregated, type Aggregation } from "./aggregate.ts";
export { normaliseScores, finiteOf, logSoftmax, type Normalisation } from "./normalise.ts";
export { averageRanks, isConstant } from "./ranks.ts";

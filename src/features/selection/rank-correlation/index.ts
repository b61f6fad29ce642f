/** Measures of agreement between two rankings of the same items. */
export { pearson, spearman } from "./pearson.ts";
export { topOneRegret } from "./regret.ts";
export { kendallTau, weightedTau, type WeightedTauOptions } from "./tau.ts";

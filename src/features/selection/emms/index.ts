/** Transferability: which model fits a dataset, before anyone fine-tunes one. */
export {
  classNameOf,
  embedLabels,
  positionWords,
  projectLabels,
  textsOf,
  type Box,
  type EmbedTexts,
  type Label,
  type Projection,
  type ProjectionKind,
} from "./f-labels/index.ts";
export { TRANSFER_SCORERS, transferScorerOf } from "./methods.ts";
export {
  kendallTau,
  pearson,
  spearman,
  topOneRegret,
  weightedTau,
  type WeightedTauOptions,
} from "../rank-correlation/index.ts";
export { openScoring, type ScoringWorker } from "./scoring.ts";
export type { TimedScore } from "./timed-score.ts";
export {
  createTransferability,
  type Transferability,
  type TransferabilityLimits,
} from "./transferability.ts";
export * from "./types.ts";

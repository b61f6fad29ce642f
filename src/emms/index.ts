/** Transferability: which model fits a dataset, before anyone fine-tunes one. */
export { METHODS, methodOf } from "./methods.ts";
export { openScoring, type Scoring } from "./scoring.ts";
export type { TimedScore } from "./timed-score.ts";
export * from "./types.ts";

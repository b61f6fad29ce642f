/** What the loop is good for, measured: problems with generators and scorers of their own, solved end to end. */
export {
  createArithmeticTask,
  createClassifier,
  createItems,
  evaluateBeams,
  type BeamResult,
} from "./arithmetic/index.ts";
export { embedForTasks, emojiGallery } from "./emoji.ts";
export { withCaptionTask, withQuestionsTask } from "./emoji-tasks.ts";
export { evaluateTask } from "./evaluate.ts";
export { createPlanningTask } from "./planning/index.ts";
export { interval, percent, studyTable, table } from "./report.ts";
export { estimateOf, MOST_SEEDS, summarizeReports, type Study } from "./study.ts";
export {
  createSynthesisTask,
  evaluateDistances,
  type DistanceResult,
  type Gallery,
} from "./synthesis/index.ts";
export type * from "./types.ts";

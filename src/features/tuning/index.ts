/** Settings of a collection by cross-validation on its own anchors. */
export { rankGrid } from "./asif-grid.ts";
export { compareViews, type Comparison } from "./compare.ts";
export { TUNING_DEFAULTS } from "./defaults.ts";
export { dealFolds, FEWEST_CLASSES, type Fold } from "./folds.ts";
export { COPIED_VALUES, createMemories, valuesEach, type FoldMemory, type Memories } from "./fold-memory.ts";
export type { TuneContext } from "./run.ts";
export { tune } from "./tune.ts";
export { tuningTable } from "./table.ts";
export { METRICS } from "./types.ts";
export type * from "./types.ts";

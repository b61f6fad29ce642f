/** Settings of a collection by cross-validation on its own anchors. */
export { rankGrid } from "./asif-grid.ts";
export { openFoldMemory, type FoldMemory } from "./fold-memory.ts";
export { dealFolds, FEWEST_CLASSES, type Fold } from "./folds.ts";
export { tune, type TuneContext } from "./tune.ts";
export { tuningTable } from "./table.ts";
export { METRICS } from "./types.ts";
export type * from "./types.ts";

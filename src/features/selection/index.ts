/** Which encoder fits a collection or a dataset: candidates scored, ranked and kept. */
export { createSelections, type DoneSelection, type Selections } from "./selections.ts";
export { SELECTION_DEFAULTS } from "./defaults.ts";
export { SELECTION_METHODS } from "./methods.ts";
export { nameOf, selectionTable } from "./report.ts";
export type * from "./types.ts";

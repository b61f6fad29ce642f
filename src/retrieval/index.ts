/** Nearest anchors: exact and HNSW indexes, fitted transforms, and a collection's memory that holds them. */
export type { AnchorSpace } from "./anchor-space.ts";
export type { BuiltIndex } from "./adoption.ts";
export { createFlatIndex } from "./codes/flat-index.ts";
export { countOnes, unitRows } from "./unit-rows.ts";
export * from "./built-index/index.ts";
export { measureCosts, fitCosts } from "./measure-costs.ts";
export { currentCosts, DEFAULT_COSTS, useCosts, type Costs } from "./costs.ts";
export { chooseIndex, RECALL_TARGET, type IndexChoice, type Circumstances } from "./planner.ts";
export { curveFile, readCurves, writeCurves, type CurvesOf } from "./curve-file.ts";
export { emptyNeighbours } from "./top-k.ts";
export { copyVectors } from "./fit.ts";
export { hnswAvailable, loadGraphLibrary, requireGraphLibrary } from "./graph-library.ts";
export { createHnswIndex } from "./hnsw.ts";
export { closeKernels, multiplyByTransposed } from "./kernels.ts";
export { openMachineCosts } from "./machine-costs.ts";
export {
  bandOf,
  type Band,
  FEWEST_TO_WHITEN,
  kindFor,
  kindsFor,
  rankFor,
  WHITEN_RANK,
  whiteningOf,
  applyTransform,
  fitTransform,
  fittedDimension,
  type Fit,
} from "./transform.ts";
export {
  hasGraphSettings,
  parseProfile,
  profileNamed,
  readProfile,
  requireGraphSettings,
  type GraphProfile,
  type IndexProfile,
} from "./profile.ts";
export { measureRecall, pointFor, type RecallCurve, type RecallPoint } from "./recall.ts";
export { readLists, writeLists, type ListsSubject } from "./partitions/lists-file.ts";
export type { SpaceLists } from "./partitions/space-lists.ts";
export {
  listsFileName,
  listSnapshots,
  parseListsFileName,
  readSnapshot,
  removeSnapshots,
  writeSnapshot,
  type SnapshotHeader,
  type SnapshotSubject,
} from "./snapshot/index.ts";
export { openAnchorSpace, type SpaceOptions } from "./space.ts";
export { principalAxes } from "./principal-axes.ts";
export type * from "./types.ts";

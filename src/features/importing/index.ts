/** Image-text pairs from folders, tables and WebDataset shards, and their way into a collection. */
export {
  anchorBodyOf,
  HEADER_KEY,
  HEADER_MEMBER,
  type AnchorParts,
  type ExportHeader,
} from "./export-format.ts";
export { headerAsLine } from "./exported-lines.ts";
export { importPairs, type Imported, type ImportCounts, type ImportOptions } from "./import.ts";
export { openPairSource, type NamedSource, type SourceOptions } from "./open.ts";
export { describePlan, openQuestion, planImport, type Plan, type PlanOptions } from "./plan.ts";
export { previewPairs, type Preview } from "./preview.ts";
export { openRejectLog, type RejectLog } from "./reject-log.ts";
export type { ImportRun } from "./import-run.ts";
export { runImport } from "./run.ts";
export type { ImportedAnchor, ImportTarget } from "./store-batch.ts";
export type { TableOptions } from "./table-options.ts";
export type * from "./types.ts";

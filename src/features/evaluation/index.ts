/** Accuracy of classification on a user's data: a collection's anchors, a labelled data set, or given embeddings. */
export { lineChartSvg, type ChartPoint } from "./chart.ts";
export { evaluateCollection, evaluateDataset, type CollectionReader } from "./collection.ts";
export { compareRuns, type Comparison } from "./comparison.ts";
export { openDataset } from "./datasets/index.ts";
export { embedImages, rowOf } from "./embed-images.ts";
export { embedTexts, type Embedding } from "./embed-texts.ts";
export type { EmbeddingFiles } from "./embeddings/index.ts";
export type { Asking } from "./evaluate-tasks.ts";
export { runGrid, type AccuracyGrid } from "./grid.ts";
export { heldOutTasks, type LabelledAnchor } from "./held-out.ts";
export { outcomeOf, type Outcome, type ReportRow, type Run } from "./outcome.ts";
export { evaluateEmbeddings } from "./precomputed.ts";
export { seriesOf, tableOf, writeReport, type Report } from "./report.ts";
export { askingOf, evaluateOwnData, evaluationDirectory, openLocalEncoders, reportOn } from "./run.ts";
export { runSubsets, type RunOptions, type Task, type Tasks, type Variant } from "./subsets.ts";
export * from "./summary.ts";
export * from "./trial.ts";
export { openVectorFile } from "./vector-file.ts";

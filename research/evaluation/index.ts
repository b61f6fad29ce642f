/** How well classification works: on held-out emoji, a collection's own anchors, data sets, or given embeddings. */
export { adaptingChart, adaptingTable, evaluateAdapting, type AdaptingReport } from "./adapting/index.ts";
export { evaluateCollection, evaluateDataset } from "./collection.ts";
export { readTemplates } from "./datasets/index.ts";
export type { EmbeddingFiles } from "./embeddings/index.ts";
export { embedImages } from "./embed-images.ts";
export { evaluateEmoji } from "./emoji.ts";
export { chooseAnchors, eligibleClasses, splitClasses } from "./emoji-protocol.ts";
export { evaluateSureness } from "./emoji-sureness.ts";
export { evaluateTuning } from "./emoji-tuning.ts";
export { embedDrawings, embedEmoji, type EmbeddedEmoji, type EmbeddedPair } from "./emoji-vectors.ts";
export type { Asking } from "./evaluate-tasks.ts";
export { evaluateEmbeddings } from "./precomputed.ts";
export { tableOf, writeReport, type Report } from "./report.ts";
export {
  AUTHORS_FILES,
  readAccuracies,
  reproduceEmms,
  reproductionTable,
  type Accuracies,
} from "../emms/reproduction/index.ts";
export { agreementTable, agreements, asifAccuracies, type Truth } from "../emms/selection/index.ts";

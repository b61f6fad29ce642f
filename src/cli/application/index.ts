/** What scripts stand on: Anchorage over HTTP or in this process, and what is done with it from the shell. */
export { classifyFiles, readClasses, type ClassifiedFile, type UnfitFile } from "./classify-files.ts";
export { openApplication } from "./open.ts";
export { MAX_BATCH_BYTES, sendBatch, type Outcome } from "./send-batch.ts";
export { classificationTable } from "./table.ts";
export type { Application, CollectionSelection } from "./types.ts";
export { wantCollection, type WantedCollection } from "./want-collection.ts";

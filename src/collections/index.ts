/** The write path and every query of a collection: encoders, store, indexes and ASIF brought together. */
export { MAX_TEXT_LENGTH } from "./encoding.ts";
export { compileFilter } from "./filter.ts";
export { openCollections } from "./collections.ts";
export { createTransformMoves, type TransformMoves } from "./transform-moves.ts";
export type * from "./types.ts";
export type { Core, CoreSettings, OwnedCore } from "./core.ts";
export { openCore, type CoreOptions } from "./open-core.ts";
export { saveSnapshot, subjectOf } from "./snapshots.ts";
export { createHooks, type ClassifyHook, type ClassifyStep, type CollectionHooks } from "./hooks.ts";
export type { OpenCollection } from "./memory.ts";
export type { Moving, Successor } from "./moving.ts";
export type { Queried } from "./question.ts";
export type { Encoding } from "./encoding.ts";
export { listServiceReceiptPage } from "./receipts.ts";
export { eraseWithin } from "./erase-within.ts";

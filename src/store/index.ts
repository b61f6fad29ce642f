/** Postgres storage, embedded or external. It is the source of truth; every index is derived from it. */
export { storedBytes, type StoredBytes } from "./collection-size.ts";
export { searchCaptions, wordsOf, type CaptionHit } from "./caption-search.ts";
export { tryLockFile } from "./file-lock.ts";
export { announceService, lockDataDir, serviceOfDataDir, type DataDirLock } from "./data-dir-lock.ts";
export { explainFullDisk, makeRoomToStart } from "./disk-space.ts";
export { closeToOthers } from "./private-files.ts";
export { startEmbedded, type EmbeddedPostgres } from "./embedded/index.ts";
export { fromBase64, numbersOf, toBase64 } from "./float32.ts";
export { HEARTBEAT_MS } from "./jobs.ts";
export { openInspection, type Inspection } from "./inspection.ts";
export { openStore, type StoreOptions } from "./open.ts";
export { faultOfReceipt, hashOfAnchors, hashOfContent, hashOfId, splitAnchors } from "./receipt-chain.ts";
export type * from "./vector-types.ts";
export type * from "./types.ts";
export { ensureEncoder } from "./encoders.ts";
export { createCollection, listCollections, findCollection, deleteCollection } from "./collections.ts";
export { changeDefaults } from "./defaults.ts";
export { compareContents, findOrigin, listIdsFrom } from "./anchor-sources.ts";
export { hashOfImage } from "./content-hashes.ts";
export {
  ensureSecret,
  findForbidden,
  findSecret,
  readFingerprinted,
  type Fingerprint,
  type FingerprintedContent,
} from "./never-again.ts";
export {
  upsertAnchors,
  upsertGroup,
  deleteAnchors,
  type ChooseAnchors,
  type GroupedWrite,
} from "./anchor-writes.ts";
export {
  recordErasure,
  erasedGeneration,
  erasedUpTo,
  findReceipt,
  listReceipts,
  listServiceReceipts,
  oldestHidden,
} from "./receipts.ts";
export { dropLog, vacuum } from "./vacuum.ts";
export {
  findAnchors,
  listAnchors,
  findImage,
  existingIds,
  idsInChanges,
  meanImageBytes,
  changesSince,
} from "./anchor-reads.ts";
export { idsWithImages } from "./picture-reads.ts";
export { readAll } from "./read-all.ts";
export { forgetChanges } from "./forget-changes.ts";
export { writeMark } from "./write-mark.ts";
export { readSince } from "./read-since.ts";
export { saveTransform, loadTransforms, removeTransforms } from "./transforms.ts";
export { addVectors } from "./vector-writes.ts";
export { saveJob, listJobs, findJob, interruptJobs } from "./jobs.ts";
export { findImages, findVectors, findVectorsByAll, keysWithVector } from "./vector-reads.ts";
export type { Database, Queries, Transaction } from "./database.ts";

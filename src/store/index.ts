/** Postgres, embedded or another: the truth that every index is derived from. */
export { lockDataDir, type DataDirLock } from "./data-dir-lock.ts";
export { startEmbedded, type EmbeddedPostgres } from "./embedded/index.ts";
export { HEARTBEAT_MS } from "./jobs.ts";
export { openInspection, type Inspection } from "./inspection.ts";
export { openStore, type StoreOptions } from "./open.ts";
export { faultOfReceipt, hashOfAnchors, hashOfContent, hashOfId, splitAnchors } from "./receipt-chain.ts";
export type * from "../features/epalm/store-adapter-types.ts";
export type * from "./feature-types.ts";
export type * from "./reencoding-types.ts";
export type * from "../features/selection/store-selection-types.ts";
export type * from "./types.ts";

/** Verifies that deleted anchors are gone: checks their receipts and searches all stored bytes for them. */
export { readSuspects } from "./anchors-file.ts";
export { checkChain, coverageOf, type NewestDeletion } from "./chain.ts";
export { huntFor, type Hunt, type Needle, type Quarry } from "./needles.ts";
export { proveErasure, type ProofOptions } from "./prove.ts";
export { reportOf } from "./report.ts";
export { createScanner, type Scanner } from "./scanner.ts";
export type * from "./types.ts";
export { faultsOf, isComplete } from "./verdict.ts";

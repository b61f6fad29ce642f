/** The write path and every query of a collection: encoders, store, indexes and ASIF brought together. */
export { MAX_TEXT_LENGTH } from "./encoding.ts";
export { compileFilter } from "./filter.ts";
export { openCollections, PUBLISHED_ASIF } from "./collections.ts";
export { TUNING_DEFAULTS } from "../tuning/index.ts";
export type * from "./calibration-types.ts";
export { CONSENSUS_DEFAULTS, CONSENSUS_MOST_PROPOSALS } from "./consensus/index.ts";
export type * from "./consensus/index.ts";
export type { CoverageAnswer, CoverageRequest } from "./coverage.ts";
export type * from "./receipt-types.ts";
export type * from "./reencoding-types.ts";
export type * from "./tuning-types.ts";
export type * from "./types.ts";

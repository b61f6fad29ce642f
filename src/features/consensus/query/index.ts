/** Consensus over one collection: encodes the condition, creates scorers and generators by name, and describes the run. */
export { createConsensus, type Consensus } from "./consensus.ts";
export type * from "./types.ts";

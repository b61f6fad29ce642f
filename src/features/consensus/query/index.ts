/** Consensus over one collection: what is asked as vectors, scorers and generators by name, the run as an answer. */
export { createConsensus, type Consensus } from "./consensus.ts";
export type * from "./types.ts";

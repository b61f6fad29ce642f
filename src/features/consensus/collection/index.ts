/** Consensus over one collection: what is asked as vectors, scorers and generators by name, the run as an answer. */
export { createConsensusQueries, type ConsensusQueries } from "./consensus.ts";
export { CONSENSUS_DEFAULTS, CONSENSUS_MOST_PROPOSALS } from "./plan.ts";
export type * from "./types.ts";

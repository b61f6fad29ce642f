/** Scorers and generators in a closed loop, until they agree. */
export { replay } from "./loop/replay.ts";
export { withBackground } from "./loop/verdict.ts";
export { runConsensus, type RunOptions } from "./loop/run.ts";
export { stageOfSteps } from "./loop/stages.ts";
export type * from "./types.ts";

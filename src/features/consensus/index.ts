/** Scorers and generators in a closed loop, until they agree. */
export { replay } from "./loop/replay.ts";
export { withBackground } from "./loop/verdict.ts";
export { runConsensus, type ConsensusRunOptions } from "./loop/run.ts";
export { stageOfSteps } from "./loop/stages.ts";
export { scorerCommon } from "./api/scorers.ts";
export { generatorCommon } from "./api/generators.ts";
export { settled } from "./scorers/index.ts";
export type { GeneratorPlug, GeneratorSpec, Means, ScorerPlug, ScorerSpec } from "./plug.ts";
export type * from "./types.ts";

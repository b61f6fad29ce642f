/** Scorers and generators by name, with what they can do and what they are made of. */
export { GENERATORS, makeGenerator } from "./generators.ts";
export { SCORERS, type Capability, type ScorerCapability } from "./scorer-capabilities.ts";
export { makeScorer, type LanguageModels, type Means } from "./scorers.ts";
export type * from "./specs.ts";
export { TASKS, type TaskName, type TaskPreset } from "./presets.ts";

/** ASIF: relative representations over anchors, and classification methods based on them, without training. */
export { scoreClassesOf, type ScoringSettings } from "./class-scores.ts";
export {
  classify,
  classifyByMethod,
  createRepresentationCache,
  type Classified,
  type RepresentationCache,
} from "./classify.ts";
export { representAnchors, spacedSlots, type FindNearest } from "./background.ts";
export { sumOfStandardized, type MemberScores } from "./consensus.ts";
export { RUNNER_UP } from "./explain.ts";
export { createFoldMemories, fitsInCopy, type FoldMemories, type FoldMemory } from "./fold-memory.ts";
export { dealFolds, type Dealing, type Fold } from "./folds.ts";
export { localBackground, type LocalMethod } from "./local/index.ts";
export { CANONICAL_P, FEW, scoreByMethod, scoreTexts, type Scores } from "./method.ts";
export { meanRepresentations, relativeRepresentations, represent, scoreAll, scoreRows } from "./relative.ts";
export {
  autoParameters,
  autoRule,
  defaultMethod,
  METHOD_TRAITS,
  parametersFor,
  traitsOf,
  type MethodSettings,
} from "./settings.ts";
export { searchAsif, searchUnimodal } from "./search.ts";
export type * from "./types.ts";
export type { FitAnchors, FittedMethod, MethodPlug, MethodPlugs } from "./plug.ts";

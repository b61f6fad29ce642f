/** ASIF: relative representations over anchors, and classification methods based on them, without training. */
export { createRepresentationCache, type RepresentationCache } from "./cache.ts";
export { autoParameters, autoRule, defaultMethod, parametersFor } from "./auto.ts";
export { scoreClassesOf, type ScoringSettings } from "./class-scores.ts";
export { classify } from "./classify.ts";
export { representAnchors, spacedSlots, type FindNearest } from "./background.ts";
export { sumOfStandardized, type MemberScores } from "./consensus.ts";
export { RUNNER_UP } from "./explain.ts";
export { createFoldMemories, fitsInCopy, type FoldMemories, type FoldMemory } from "./fold-memory.ts";
export { dealFolds, type Dealing, type Fold } from "./folds.ts";
export { localBackground, type LocalMethod } from "./local/index.ts";
export { classifyByMethod, type Classified } from "./classify-by-method.ts";
export {
  CANONICAL_P,
  FEW,
  METHOD_TRAITS,
  traitsOf,
  scoreByMethod,
  scoreTexts,
  type MethodSettings,
  type Scores,
} from "./method.ts";
export { meanRepresentations, relativeRepresentations, represent } from "./relative.ts";
export { scoreAll, scoreRows } from "./score.ts";
export { searchAsif, searchUnimodal } from "./search.ts";
export type * from "./types.ts";
export type { FitAnchors, FittedMethod, MethodPlug, MethodPlugs } from "./plug.ts";

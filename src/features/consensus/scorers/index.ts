/** What proposals are judged by. */
export { createArithmeticScorer, type ArithmeticSettings } from "./arithmetic.ts";
export { createAsifScorer } from "./asif.ts";
export { createCsaScorer, type CsaSettings } from "./csa.ts";
export { equationsIn, type Equation } from "./equations.ts";
export { createHttpScorer, type HttpScorerSettings } from "./http.ts";
export { createKnnVoteScorer, type VoteSettings } from "./knn-vote.ts";
export { createLocalScorer } from "./local.ts";
export { createNeighbourCaptionsScorer, type NeighbourSettings } from "./neighbour-captions.ts";
export { createOnnxClassifierScorer, type OnnxClassifierSettings } from "./onnx-classifier.ts";
export { classesIn, createProbeScorer, isProbeable, probeClasses, type ProbeSettings } from "./probe.ts";
export { createReverseRetrievalScorer, type ReverseSettings } from "./reverse-retrieval.ts";
export { createConsistencyScorer, createVotesScorer, type VotesSettings } from "./self-consistency.ts";
export { settled, type ScorerSettings } from "./settings.ts";
export { createImageImageScorer, createTextTextScorer } from "./similarity.ts";

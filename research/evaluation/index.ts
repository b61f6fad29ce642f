/** How well classification works on emoji that no anchor shows. */
export { adaptingChart, adaptingTable, evaluateAdapting, type AdaptingReport } from "./adapting/index.ts";
export { evaluateEmoji } from "./emoji.ts";
export { chooseAnchors, eligibleClasses, splitClasses } from "./emoji-protocol.ts";
export { evaluateSureness } from "./emoji-sureness.ts";
export { evaluateTuning } from "./emoji-tuning.ts";
export { embedDrawings, embedEmoji, type EmbeddedEmoji, type EmbeddedPair } from "./emoji-vectors.ts";

/** How good captions and answers are. */
export { bleu } from "./bleu.ts";
export { cider } from "./cider.ts";
export { rougeL } from "./rouge.ts";
export { wordsOf, type Captioned } from "./ngrams.ts";
export { answerScore, isExactMatch, normaliseAnswer, vqaAccuracy, withoutPunctuation } from "./vqa.ts";

/** Trains a decoder of the OPT architecture from nothing, on words that come with the npm packages. */
export type { CurvePoint, TrainingState } from "./checkpoint.ts";
export { makeCorpus, type Corpus, type CorpusSettings } from "./corpus.ts";
export { trainEmojiDecoder } from "./emoji-decoder.ts";
export type { DecoderSize, EmojiDecoderHooks, EmojiDecoderSettings } from "./emoji-decoder.ts";
export { pretrain, PRETRAINING_DEFAULTS } from "./pretrain.ts";
export type { PretrainingHooks, PretrainingSettings } from "./pretrain.ts";
export { colourOf, COLOURS, groupText, NUMBERS, readThings, type Thing } from "./things.ts";

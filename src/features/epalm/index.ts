/** eP-ALM: the store as eyes of a frozen language model (Shukor et al., arXiv 2303.11403). */
export * from "./adapter/index.ts";
export * from "./generate/index.ts";
export {
  readSafetensors,
  readSafetensorsHeader,
  safetensorsHeader,
  writeSafetensors,
} from "../files/safetensors/index.ts";
export { DECODER_ID, parseDecoderConfig, weightShapes, type DecoderConfig } from "./decoder/config.ts";
export type { InjectionMode, Shape, Vision } from "./decoder/forward.ts";
export { decoderGraph, stepGraph, trainingGraph, type WeightSource } from "./decoder/graphs.ts";
export { writeDecoder } from "./decoder/write.ts";
export { listDecoders, openDecoderModel } from "./decoder/open.ts";
export type { DecoderListing, DecoderModel, Training } from "./decoder/open.ts";
export {
  ANSWER_MARK,
  extractAnswer,
  authorsQuestionPrompt,
  extractCaption,
  captionPrompt,
  IMAGE_QUESTIONS,
  plainText,
  questionPrompt,
  SPECIAL_TOKENS,
} from "./text/prompts.ts";
export type { TextTokenizer } from "./text/tokenizer.ts";
export { scheduleOf, type Injection, type LayerAction } from "./injection.ts";
export { trainedOn } from "./table.ts";
export * from "./training/index.ts";

import { Tokenizer } from "@huggingface/tokenizers";
import { AnchorageError, messageOf } from "../errors.ts";

/** Converts a text to token ids, including special tokens. */
export type Tokenize = (text: string) => readonly number[];

/**
 * Creates a tokenizer from Hugging Face's `tokenizer.json` (WordPiece, BPE or Unigram).
 *
 * Texts of more than `maxLength` tokens are truncated at the end; surrounding special tokens are kept.
 *
 * @param configJson content of `tokenizer_config.json`, or `{}`
 * @throws AnchorageError `corrupt-file` if the file is not a valid tokenizer
 */
export const createHuggingFaceTokenizer = (json: string, configJson: string, maxLength: number): Tokenize => {
  const tokenizer = parse(json, configJson);
  return (text) => {
    const whole = tokenizer.encode(text).ids;
    if (whole.length <= maxLength) return whole;
    const bare = tokenizer.encode(text, { add_special_tokens: false }).ids;
    const before = indexOfRun(whole, bare);
    const special = whole.length - bare.length;
    const kept = bare.slice(0, Math.max(0, maxLength - special));
    return [...whole.slice(0, before), ...kept, ...whole.slice(before + bare.length)];
  };
};

const parse = (json: string, configJson: string): Tokenizer => {
  try {
    return new Tokenizer(JSON.parse(json) as object, JSON.parse(configJson) as object);
  } catch (error) {
    throw new AnchorageError("corrupt-file", `tokenizer.json is not a tokenizer: ${messageOf(error)}`, {
      cause: error,
    });
  }
};

/** The index at which `part` starts in `whole`; 0 if it does not occur contiguously. */
const indexOfRun = (whole: readonly number[], part: readonly number[]): number => {
  const last = whole.length - part.length;
  for (let start = 0; start <= last; start++) {
    if (part.every((id, i) => whole[start + i] === id)) return start;
  }
  return 0;
};

import { Tokenizer } from "@huggingface/tokenizers";
import { AnchorageError, messageOf } from "../errors.ts";

/** Token ids of a text, special tokens included. */
export type Tokenize = (text: string) => readonly number[];

/**
 * A tokenizer from Hugging Face's files: WordPiece, BPE or Unigram, whatever tokenizer.json describes.
 *
 * A text of more than `maxLength` tokens loses tokens at its end; the special ones around it stay.
 *
 * @throws AnchorageError `corrupt-file` where the file is not a tokenizer.
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

/** Where `part` begins in `whole`; 0 where it does not stand there as one piece. */
const indexOfRun = (whole: readonly number[], part: readonly number[]): number => {
  const last = whole.length - part.length;
  for (let start = 0; start <= last; start++) {
    if (part.every((id, i) => whole[start + i] === id)) return start;
  }
  return 0;
};

import { Tokenizer } from "@huggingface/tokenizers";
import { z } from "zod";
import { AnchorageError, messageOf } from "../../../errors.ts";
import { ANSWER_MARK } from "./prompts.ts";

/** A decoder's words. */
export interface TextTokenizer {
  /** Nothing is put before or behind; a special token that is written in the text is one token. */
  readonly encode: (text: string) => number[];
  /**
   * The text that was encoded, special tokens included. A space that the tokenizer itself puts before a text, or behind a
   * special token, is taken away again; one that was written there is, too.
   */
  readonly decode: (ids: readonly number[]) => string;
  /** The mark between a question and its answer. */
  readonly answer: number;
}

const file = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.int().nonnegative(), content: z.string() })).default([]),
  pre_tokenizer: z.looseObject({ add_prefix_space: z.boolean().default(false) }).nullish(),
  model: z.looseObject({ vocab: z.record(z.string(), z.int().nonnegative()) }),
});

/**
 * A tokenizer by Hugging Face's files. Where it has no mark of an answer, that becomes the first id that is free, as
 * eP-ALM's code does: OPT's table of word embeddings has rows to spare.
 *
 * @throws AnchorageError `unsupported-model` where the file is no tokenizer, or has words that the decoder has not
 */
export const createTextTokenizer = (json: unknown, config: unknown, vocabulary: number): TextTokenizer => {
  const parsed = file.safeParse(json);
  if (!parsed.success)
    throw unsupported(`it is no byte-pair encoding: ${parsed.error.issues[0]?.message ?? ""}`);
  const { added_tokens: added, model, pre_tokenizer: cut } = parsed.data;
  const known = added.find(({ content }) => content === ANSWER_MARK)?.id;
  let last = added.reduce((most, { id }) => Math.max(most, id), -1);
  for (const id of Object.values(model.vocab)) last = Math.max(last, id);
  const answer = known ?? last + 1;
  if (Math.max(last, answer) >= vocabulary)
    throw unsupported(
      `it has the id ${Math.max(last, answer)}, but the decoder's vocabulary ends before ${vocabulary}`,
    );
  const tokens = known === undefined ? [...added, { ...MARK, id: answer }] : added;
  const tokenizer = open({ ...parsed.data, added_tokens: tokens }, config);
  const prefixed = new RegExp(`(^|${tokens.map(({ content }) => escaped(content)).join("|")}) `, "g");
  const bare = (text: string): string =>
    cut?.add_prefix_space === true ? text.replaceAll(prefixed, "$1") : text;
  return {
    encode: (text) => (text === "" ? [] : [...tokenizer.encode(text, { add_special_tokens: false }).ids]),
    decode: (ids) => (ids.length === 0 ? "" : bare(tokenizer.decode(ids, { skip_special_tokens: false }))),
    answer,
  };
};

const escaped = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&");

const MARK = {
  content: ANSWER_MARK,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
};

const open = (json: object, config: unknown): Tokenizer => {
  const parsed = z.record(z.string(), z.unknown()).safeParse(config);
  if (!parsed.success) throw unsupported("its configuration is no object");
  try {
    // Decoded text stays as it is, because clean-up is not reversible.
    return new Tokenizer(json, { ...parsed.data, clean_up_tokenization_spaces: false });
  } catch (error) {
    throw unsupported(messageOf(error), error);
  }
};

const unsupported = (why: string, cause?: unknown): AnchorageError =>
  new AnchorageError(
    "unsupported-model",
    `tokenizer.json cannot be used: ${why}.`,
    cause === undefined ? {} : { cause },
  );

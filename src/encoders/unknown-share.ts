import { z } from "zod";

/** Universal Sentence Encoder Lite's `[[piece, score], ...]`; Hugging Face's object of ids, or list, by model. */
const pieces = z.union([
  z.record(z.string(), z.int()).transform((ids) => Object.entries(ids)),
  z
    .array(z.tuple([z.string(), z.number().nullable()]))
    .transform((list) => list.map(([piece], id) => [piece, id] as const)),
]);
const huggingFace = z.looseObject({
  model: z.looseObject({
    vocab: pieces,
    unk_token: z.string().nullish(),
    unk_id: z.int().nullish(),
  }),
  added_tokens: z.array(z.looseObject({ id: z.int(), special: z.boolean().default(false) })).default([]),
});

const WORD = /[\p{L}\p{N}]/u;

/**
 * Creates a function that tells which share of a text's words the tokenizer does not know: tokens for unknown text,
 * among these and the tokens that hold a letter or a digit. 0 if nothing is unknown, 1 if no word is known.
 *
 * Byte-level tokenizers have no token for unknown text; their share is always 0.
 *
 * @param json the vocabulary file of the default text encoder, or Hugging Face's `tokenizer.json`
 * @example
 * ```ts
 * const share = createUnknownShare(json, "use-lite");
 * share(tokenize("a red fox")); // 0
 * share(tokenize("红色的圆形")); // 1
 * ```
 */
export const createUnknownShare = (
  json: string,
  kind: "use-lite" | "hugging-face",
): ((tokens: readonly number[]) => number) => {
  const { unknown, words } = kind === "use-lite" ? ofUseLite(json) : ofHuggingFace(json);
  return (tokens) => {
    const missed = tokens.filter((id) => id === unknown).length;
    return missed === 0 ? 0 : missed / (missed + tokens.filter((id) => words.has(id)).length);
  };
};

interface Vocabulary {
  /** The token for text that is not in the vocabulary; null if there is none. */
  readonly unknown: number | null;
  /** Tokens with a letter or a digit. */
  readonly words: ReadonlySet<number>;
}

const ofUseLite = (json: string): Vocabulary => ({
  unknown: 0,
  words: wordsOf(pieces.parse(JSON.parse(json)), new Set([0])),
});

const ofHuggingFace = (json: string): Vocabulary => {
  const parsed = huggingFace.safeParse(JSON.parse(json));
  if (!parsed.success) return { unknown: null, words: new Set() };
  const { model, added_tokens: added } = parsed.data;
  const named = model.vocab.find(([piece]) => piece === model.unk_token)?.[1];
  const unknown = named ?? model.unk_id ?? null;
  const special = new Set([unknown, ...added.filter((token) => token.special).map(({ id }) => id)]);
  return { unknown, words: wordsOf(model.vocab, special) };
};

const wordsOf = (
  vocabulary: readonly (readonly [string, number])[],
  special: ReadonlySet<number | null>,
): ReadonlySet<number> =>
  new Set(vocabulary.filter(([piece, id]) => WORD.test(piece) && !special.has(id)).map(([, id]) => id));

import { SPECIAL_TOKENS } from "../../../src/features/epalm/text/prompts.ts";

const BOS = "</s>";

/** As GPT-2 cuts a text before it is merged: words with the space before them, numbers, other signs. */
const PIECES = / ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+/gu;

const SPECIAL = new RegExp(SPECIAL_TOKENS.join("|"));

interface Word {
  symbols: string[];
  readonly count: number;
}

/**
 * A byte-pair encoding (Sennrich et al., ACL 2016) over bytes, learnt of `texts`, as a `tokenizer.json`: the most frequent
 * pair is merged again and again, of equal ones the first in the order of their characters. The same texts give the same
 * file.
 *
 * @param size tokens in all; fewer where there is nothing left to merge
 * @param prefixSpace whether a space is put before a text, and behind special tokens, where there is none: a word is then
 * the same token wherever it stands
 */
export const trainBpe = (texts: Iterable<string>, size: number, prefixSpace = false): object => {
  const words = wordsOf(texts, prefixSpace);
  const vocabulary = new Map<string, number>();
  for (const token of [...SPECIAL_TOKENS, ...ALPHABET.values()]) vocabulary.set(token, vocabulary.size);
  const merges: [string, string][] = [];
  while (vocabulary.size < size) {
    const pair = mostFrequent(words);
    if (pair === undefined) break;
    merges.push(pair);
    vocabulary.set(pair.join(""), vocabulary.size);
    for (const word of words) word.symbols = merged(word.symbols, pair);
  }
  return fileOf(vocabulary, merges, prefixSpace);
};

const wordsOf = (texts: Iterable<string>, prefixSpace: boolean): Word[] => {
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const part of text.split(SPECIAL)) {
      const whole = prefixSpace && !part.startsWith(" ") ? ` ${part}` : part;
      for (const [piece] of whole.matchAll(PIECES)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
    }
  return [...counts].map(([piece, count]) => ({
    symbols: Array.from(Buffer.from(piece), (byte) => ALPHABET.get(byte) ?? ""),
    count,
  }));
};

/** Undefined where no pair occurs twice. */
const mostFrequent = (words: readonly Word[]): [string, string] | undefined => {
  const counts = new Map<string, number>();
  for (const { symbols, count } of words)
    for (let i = 1; i < symbols.length; i++) {
      const pair = `${symbols[i - 1] ?? ""} ${symbols[i] ?? ""}`;
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    }
  let best: string | undefined;
  let most = 1;
  for (const [pair, count] of counts) {
    if (count < most || (count === most && (best === undefined || pair > best))) continue;
    if (count === 1) continue;
    [best, most] = [pair, count];
  }
  if (best === undefined) return undefined;
  const [left = "", right = ""] = best.split(" ");
  return [left, right];
};

const merged = (symbols: readonly string[], [left, right]: readonly [string, string]): string[] => {
  const result: string[] = [];
  for (let i = 0; i < symbols.length; i++) {
    const symbol = symbols[i] ?? "";
    if (symbol === left && symbols[i + 1] === right) {
      result.push(left + right);
      i++;
    } else result.push(symbol);
  }
  return result;
};

/** A sign that can be seen for each byte, as GPT-2 has them. */
const ALPHABET: ReadonlyMap<number, string> = (() => {
  const seen = new Map<number, string>();
  let others = 256;
  for (let byte = 0; byte < 256; byte++) {
    const isSeen = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    seen.set(byte, String.fromCodePoint(isSeen ? byte : others++));
  }
  return seen;
})();

const fileOf = (
  vocabulary: ReadonlyMap<string, number>,
  merges: readonly [string, string][],
  prefixSpace: boolean,
): object => ({
  version: "1.0",
  added_tokens: SPECIAL_TOKENS.map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
  normalizer: null,
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: prefixSpace, trim_offsets: true, use_regex: true },
  post_processor: {
    type: "TemplateProcessing",
    single: [{ SpecialToken: { id: BOS, type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
    pair: [{ SpecialToken: { id: BOS, type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
    special_tokens: { [BOS]: { id: BOS, ids: [SPECIAL_TOKENS.indexOf(BOS)], tokens: [BOS] } },
  },
  decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
  model: {
    type: "BPE",
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    vocab: Object.fromEntries(vocabulary),
    merges: merges.map((pair) => pair.join(" ")),
  },
});

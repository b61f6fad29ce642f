import { z } from "zod";
import type { Tokenize } from "./tokenizer.ts";

const SEPARATOR = "\u2581";
/** The first ids stand for unknown text, sentence marks and reserved tokens; they are never matched. */
const RESERVED = 6;
const UNKNOWN = 0;

// A few scores are null in the published file; its tokenizer adds them up as 0, and so must this one.
const score = z
  .number()
  .nullable()
  .transform((value) => value ?? 0);
const vocabularySchema = z.array(z.tuple([z.string(), score])).min(RESERVED);

interface Trie {
  readonly children: Map<string, Trie>;
  id: number;
  score: number;
}

/**
 * The tokenizer of Universal Sentence Encoder Lite: the most probable segmentation into SentencePiece unigrams, as its
 * published TF.js tokenizer finds it. A symbol that begins no piece costs nothing there, instead of being penalised as
 * Hugging Face's Unigram does, so texts with unknown characters need this one.
 *
 * @param json the vocabulary file, `[[piece, log probability], ...]` by token id
 */
export const createUseLiteTokenizer = (json: string): Tokenize => {
  const vocabulary = vocabularySchema.parse(JSON.parse(json));
  const root = createTrie();
  vocabulary.forEach(([piece, score], id) => {
    if (id >= RESERVED) insert(root, Array.from(piece), id, score);
  });
  // Backwards, a token is as long as its piece; an unknown one is a single symbol.
  const lengths = vocabulary.map(([piece]) => Array.from(piece).length);
  return (text) => backward(segment(root, symbolsOf(text)), lengths);
};

const symbolsOf = (text: string): string[] => {
  const normalized = text.normalize("NFKC");
  return normalized === "" ? [] : Array.from(SEPARATOR + normalized.replaceAll(" ", SEPARATOR));
};

/** The id of the best token that ends after each symbol; entry 0 is before the first. */
const segment = (root: Trie, symbols: readonly string[]): number[] => {
  const ids = new Array<number>(symbols.length + 1).fill(UNKNOWN);
  const best = new Float64Array(symbols.length + 1);
  for (let start = 0; start < symbols.length; start++) {
    // Starts come in order, so every best score before `start` is final when it is added to.
    const before = best[start] ?? 0;
    const offer = (end: number, id: number, score: number): void => {
      const known = best[end] ?? 0;
      // 0 stands for "not reached yet", as it does in the published code.
      if (known !== 0 && score < known) return;
      best[end] = score;
      ids[end] = id;
    };
    let matched = false;
    let node: Trie | undefined = root;
    for (let end = start + 1; end <= symbols.length; end++) {
      node = node.children.get(symbols[end - 1] ?? "");
      if (node === undefined) break;
      if (node.id < 0) continue;
      matched = true;
      offer(end, node.id, before + node.score);
    }
    if (!matched) offer(start + 1, UNKNOWN, before);
  }
  return ids;
};

/** Follows the best tokens from the end; neighbouring unknown ones become one. */
const backward = (ids: readonly number[], lengths: readonly number[]): number[] => {
  const tokens: number[] = [];
  for (let at = ids.length - 1; at > 0;) {
    const id = ids[at] ?? UNKNOWN;
    if (id !== UNKNOWN || tokens.at(-1) !== UNKNOWN) tokens.push(id);
    at -= lengths[id] ?? 1;
  }
  return tokens.reverse();
};

const createTrie = (): Trie => ({ children: new Map(), id: -1, score: 0 });

const insert = (root: Trie, symbols: readonly string[], id: number, score: number): void => {
  let node = root;
  for (const symbol of symbols) {
    let child = node.children.get(symbol);
    if (child === undefined) {
      child = createTrie();
      node.children.set(symbol, child);
    }
    node = child;
  }
  node.id = id;
  node.score = score;
};

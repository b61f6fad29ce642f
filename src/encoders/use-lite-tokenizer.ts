import { z } from "zod";
import type { Tokenize } from "./tokenizer.ts";

const SEPARATOR = "\u2581";
/** The first ids are unknown text, sentence marks and reserved tokens, which never match text. */
const RESERVED = 6;
const UNKNOWN = 0;

// A few scores are null in the published file. Its tokenizer treats them as 0, so this one must too.
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
 * Creates the tokenizer of Universal Sentence Encoder Lite. It finds the most probable segmentation into SentencePiece
 * unigrams, exactly as the published TF.js tokenizer does: a symbol that starts no piece costs nothing, whereas Hugging
 * Face's Unigram penalises it. Therefore texts with unknown characters need this implementation.
 *
 * @param json the vocabulary file, `[[piece, log probability], ...]` indexed by token id
 */
export const createUseLiteTokenizer = (json: string): Tokenize => {
  const vocabulary = vocabularySchema.parse(JSON.parse(json));
  const root = createTrie();
  vocabulary.forEach(([piece, score], id) => {
    if (id >= RESERVED) insert(root, Array.from(piece), id, score);
  });
  // To walk backwards: a token spans the length of its piece, an unknown token one symbol.
  const lengths = vocabulary.map(([piece]) => Array.from(piece).length);
  return (text) => backward(segment(root, symbolsOf(text)), lengths);
};

const symbolsOf = (text: string): string[] => {
  const normalized = text.normalize("NFKC");
  return normalized === "" ? [] : Array.from(SEPARATOR + normalized.replaceAll(" ", SEPARATOR));
};

/** For each end position, the id of the best token that ends there; entry 0 is before the first symbol. */
const segment = (root: Trie, symbols: readonly string[]): number[] => {
  const ids = new Array<number>(symbols.length + 1).fill(UNKNOWN);
  const best = new Float64Array(symbols.length + 1);
  for (let start = 0; start < symbols.length; start++) {
    // Starts are visited in order, so best[start] is final.
    const before = best[start] ?? 0;
    const offer = (end: number, id: number, score: number): void => {
      const known = best[end] ?? 0;
      // 0 means "not reached yet", as in the published code.
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

/** Follows the best tokens from the end; adjacent unknown tokens are merged into one. */
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

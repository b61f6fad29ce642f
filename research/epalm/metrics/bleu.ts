import { countNgrams, type Captioned } from "./ngrams.ts";

const ORDERS = 4;
/** As in the COCO evaluation: what keeps a product from being 0 or undefined. */
const TINY = 1e-15;
const SMALL = 1e-9;

/**
 * BLEU-1 to BLEU-4 over all captions together (Papineni et al., ACL 2002), with the length of the closest reference, as
 * the COCO evaluation computes it. In [0, 1].
 */
export const bleu = (captions: readonly Captioned[]): number[] => {
  const correct = new Float64Array(ORDERS);
  const guessed = new Float64Array(ORDERS);
  let [length, closest] = [0, 0];
  for (const { words, references } of captions) {
    length += words.length;
    closest += closestLength(words.length, references);
    for (let n = 1; n <= ORDERS; n++) {
      guessed[n - 1] = (guessed[n - 1] ?? 0) + Math.max(0, words.length - n + 1);
      const limits = references.map((reference) => countNgrams(reference, n));
      for (const [ngram, count] of countNgrams(words, n)) {
        const most = limits.reduce((limit, counts) => Math.max(limit, counts.get(ngram) ?? 0), 0);
        correct[n - 1] = (correct[n - 1] ?? 0) + Math.min(count, most);
      }
    }
  }
  const ratio = (length + TINY) / (closest + SMALL);
  const penalty = ratio < 1 ? Math.exp(1 - 1 / ratio) : 1;
  let product = 1;
  return Array.from(correct, (hits, i) => {
    product *= (hits + TINY) / ((guessed[i] ?? 0) + SMALL);
    return product ** (1 / (i + 1)) * penalty;
  });
};

/** Of equally close ones the shorter. */
const closestLength = (length: number, references: Captioned["references"]): number =>
  references
    .map((reference) => reference.length)
    .sort((a, b) => Math.abs(a - length) - Math.abs(b - length) || a - b)[0] ?? 0;

import { countNgrams, type Captioned } from "./ngrams.ts";

const ORDERS = 4;
/** Of the penalty for another length, in words. */
const SIGMA = 6;
const SCALE = 10;

interface Weighed {
  readonly weights: readonly ReadonlyMap<string, number>[];
  readonly norms: readonly number[];
  readonly length: number;
}

/**
 * CIDEr of each caption (Vedantam et al., CVPR 2015), as the COCO evaluation computes it: with clipped counts and a
 * penalty for another length, words weighed by how few of the images have them among their references. From 0 to 10.
 */
export const cider = (captions: readonly Captioned[]): number[] => {
  const images = documentCounts(captions);
  const all = Math.log(captions.length);
  const weigh = (words: readonly string[]): Weighed => {
    const weights = Array.from({ length: ORDERS }, (_, i) => {
      const counts = countNgrams(words, i + 1);
      return new Map(
        [...counts].map(([ngram, count]) => [
          ngram,
          count * (all - Math.log(Math.max(1, images.get(ngram) ?? 0))),
        ]),
      );
    });
    return {
      weights,
      norms: weights.map((each) =>
        Math.sqrt([...each.values()].reduce((sum, weight) => sum + weight ** 2, 0)),
      ),
      // Theirs is the number of pairs of words.
      length: Math.max(0, words.length - 1),
    };
  };
  return captions.map(({ words, references }) => {
    const own = weigh(words);
    const sum = references.reduce((total, reference) => total + similarity(own, weigh(reference)), 0);
    return (SCALE * sum) / Math.max(1, references.length);
  });
};

const similarity = (a: Weighed, b: Weighed): number => {
  const penalty = Math.exp(-((a.length - b.length) ** 2) / (2 * SIGMA ** 2));
  let sum = 0;
  a.weights.forEach((weights, i) => {
    const norm = (a.norms[i] ?? 0) * (b.norms[i] ?? 0);
    if (norm === 0) return;
    let product = 0;
    for (const [ngram, weight] of weights) {
      const other = b.weights[i]?.get(ngram) ?? 0;
      product += Math.min(weight, other) * other;
    }
    sum += product / norm;
  });
  return (sum * penalty) / ORDERS;
};

/** In the references of how many images each n-gram is. */
const documentCounts = (captions: readonly Captioned[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { references } of captions) {
    const seen = new Set<string>();
    for (const reference of references)
      for (let n = 1; n <= ORDERS; n++) for (const ngram of countNgrams(reference, n).keys()) seen.add(ngram);
    for (const ngram of seen) counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
  }
  return counts;
};

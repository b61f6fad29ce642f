import type { Captioned } from "./ngrams.ts";

/** How much more recall counts than precision, as in the COCO evaluation. */
const BETA = 1.2;

/**
 * ROUGE-L of each caption (Lin, "ROUGE: a package for automatic evaluation of summaries", 2004): the F-measure of the
 * longest common subsequence, with the best precision and the best recall over the references, as the COCO evaluation
 * computes it. In [0, 1].
 */
export const rougeL = (captions: readonly Captioned[]): number[] =>
  captions.map(({ words, references }) => {
    const common = references.map((reference) => longestCommonSubsequence(reference, words));
    const precision = Math.max(0, ...common.map((length) => length / Math.max(1, words.length)));
    const recall = Math.max(
      0,
      ...common.map((length, i) => length / Math.max(1, references[i]?.length ?? 0)),
    );
    if (precision === 0 || recall === 0) return 0;
    return ((1 + BETA ** 2) * precision * recall) / (recall + BETA ** 2 * precision);
  });

const longestCommonSubsequence = (a: readonly string[], b: readonly string[]): number => {
  let before = new Int32Array(b.length + 1);
  for (const word of a) {
    const now = new Int32Array(b.length + 1);
    b.forEach((other, j) => {
      now[j + 1] = word === other ? (before[j] ?? 0) + 1 : Math.max(before[j + 1] ?? 0, now[j] ?? 0);
    });
    before = now;
  }
  return before[b.length] ?? 0;
};

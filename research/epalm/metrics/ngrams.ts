/** What a caption is told with and compared to: words, and what it should say. */
export interface Captioned {
  readonly words: readonly string[];
  readonly references: readonly (readonly string[])[];
}

/** How often each run of `n` words occurs. */
export const countNgrams = (words: readonly string[], n: number): Map<string, number> => {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= words.length; i++) {
    const ngram = words.slice(i, i + n).join(" ");
    counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
  }
  return counts;
};

/** Lower case, without punctuation. */
export const wordsOf = (caption: string): string[] =>
  caption
    .toLowerCase()
    .split(/[^\p{L}\p{N}']+/u)
    .filter((word) => word !== "");

/**
 * Compares anchor ids by their UTF-8 bytes, the order of Postgres's collation "C".
 *
 * JavaScript's `<` compares UTF-16 code units, which sorts supplementary characters before U+E000.
 *
 * @returns negative if `a` comes first, positive if `b` does, 0 if they are equal
 * @example
 * ```ts
 * ["b", "a"].sort(compareIds); // ["a", "b"]
 * ```
 */
export const compareIds = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = codePointRank(a.charCodeAt(i)) - codePointRank(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
};

/** Maps surrogates above all other code units, to get code point order. */
const codePointRank = (unit: number): number => {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
};

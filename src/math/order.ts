/**
 * The order of anchor ids everywhere: that of their UTF-8 bytes, as Postgres sorts under the collation "C".
 *
 * JavaScript compares UTF-16 units, which puts the supplementary planes before U+E000.
 */
export const compareIds = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = codePointRank(a.charCodeAt(i)) - codePointRank(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
};

/** Lifts surrogates above every other unit. */
const codePointRank = (unit: number): number => {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
};

/**
 * The candidate that a mistyped word most probably means: the one with the fewest letters inserted, deleted, replaced
 * or swapped (Damerau 1964, optimal string alignment), at most a third of its length; else one that begins with the
 * word.
 *
 * @returns null if no candidate is near
 * @example
 * ```ts
 * nearest("clasify", ["classify", "search"]); // "classify"
 * ```
 */
export const nearest = (word: string, candidates: readonly string[]): string | null => {
  let best: string | null = null;
  let least = Infinity;
  for (const candidate of candidates) {
    const edits = editDistance(word, candidate);
    if (edits < least && edits <= Math.max(1, Math.floor(candidate.length / 3)))
      [best, least] = [candidate, edits];
  }
  return best ?? candidates.find((candidate) => word.length > 1 && candidate.startsWith(word)) ?? null;
};

const editDistance = (a: string, b: string): number => {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(before, j - 2) + 1 : Infinity;
      row.push(Math.min(at(last, j) + 1, at(row, j - 1) + 1, replaced, swapped));
    }
    [before, last] = [last, row];
  }
  return at(last, b.length);
};

const at = (row: readonly number[], j: number): number => row[j] ?? Infinity;

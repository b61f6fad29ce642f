export interface NaiveHit {
  readonly slot: number;
  readonly score: number;
}

/** The inner product of two rows, in float64. */
export const innerProduct = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
};

/** Nearest neighbours as they are defined: score every row that may be found, sort, take k. */
export const naiveNearest = (
  rows: readonly ArrayLike<number>[],
  query: ArrayLike<number>,
  options: {
    readonly k: number;
    readonly allowed: (slot: number) => boolean;
    readonly compare: (a: number, b: number) => number;
  },
): NaiveHit[] =>
  rows
    .map((row, slot) => ({ slot, score: innerProduct(row, query) }))
    .filter(({ slot }) => options.allowed(slot))
    .sort((a, b) => b.score - a.score || options.compare(a.slot, b.slot))
    .slice(0, options.k);

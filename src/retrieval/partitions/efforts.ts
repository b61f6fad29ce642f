/** How far a search goes through the lists. */
export interface Effort {
  /** Lists that are read in any case, those with the nearest centroids; infinite: all. */
  readonly lists: number;
  /**
   * Afterwards a list is read while the best score to be expected in it, so many standard deviations above its mean, reaches
   * the k-th score so far; null: no other list.
   */
  readonly reach: number | null;
}

/**
 * The efforts whose recall is measured. A reach alone is wrong for small k, because near neighbours are no Gaussian tail; a
 * number of lists alone reads twice the rows for large k.
 */
export const EFFORTS: readonly Effort[] = [
  { lists: 8, reach: null },
  { lists: 16, reach: null },
  { lists: 32, reach: null },
  { lists: 64, reach: 3 },
  { lists: 32, reach: 3.5 },
  { lists: 64, reach: 3.5 },
  { lists: 64, reach: 4 },
  { lists: Infinity, reach: null },
];

/** Candidates of HNSW's list that one partition list stands for. */
const EF_A_LIST = 8;

/**
 * The effort that a request's `ef` stands for: the first that reads at least `ef / 8` lists.
 *
 * @returns its number in {@link EFFORTS}
 * @example
 * ```ts
 * effortFor(128); // 1: 16 lists
 * ```
 */
export const effortFor = (ef: number): number => EFFORTS.findIndex(({ lists }) => lists >= ef / EF_A_LIST);

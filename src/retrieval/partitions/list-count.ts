/** Lists of fewer rows are not worth their centroid. */
const FEWEST_LISTS = 256;
/** Training rows for each list. */
const TRAINING_ROWS = 32;

/**
 * Number of lists for a number of rows: the power of two next to `4 sqrt(rows)`, at least 256.
 *
 * @example
 * ```ts
 * listCountFor(1_000_000); // 4096
 * ```
 */
export const listCountFor = (rows: number): number =>
  Math.max(FEWEST_LISTS, 2 ** Math.round(Math.log2(4 * Math.sqrt(Math.max(1, rows)))));

/** Number of rows that the centroids of so many lists are trained on. */
export const trainingRowsFor = (lists: number, rows: number): number => Math.min(rows, TRAINING_ROWS * lists);

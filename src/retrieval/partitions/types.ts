/** Consecutive rows in shared memory: byte addresses of their codes and of their float32 scales. */
export interface CodeRun {
  readonly codes: number;
  readonly scales: number;
  readonly rows: number;
}

/**
 * Rows as 7-bit codes in shared memory. A row's place is its number among all rows of the runs, in order. Code `c` at
 * scale `s` stands for `s (c - 64)`; a row whose scale is NaN is erased.
 */
export interface RowCodes {
  readonly buffer: SharedArrayBuffer;
  readonly dimension: number;
  /** Bytes of a row: the dimension rounded up to 16. */
  readonly stride: number;
  readonly runs: readonly CodeRun[];
}

/** Rows that are grouped around centroids, as the build of partitions makes them. All arrays are in shared memory. */
export interface Clustering {
  readonly dimension: number;
  /** Number of lists. */
  readonly lists: number;
  /** `[lists, dimension]`, rows of norm 1. */
  readonly centroids: Float32Array;
  /** The mean cosine between a list's rows and its centroid, `[lists]`. */
  readonly alignment: Float32Array;
  /** The places of rows, list after list; erased rows are absent. */
  readonly order: Int32Array;
  /** Where each list begins in `order`, `[lists + 1]`. */
  readonly starts: Int32Array;
}

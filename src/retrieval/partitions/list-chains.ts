/** The blocks of each list, in memory that all threads read. */
export interface ListChains {
  readonly lists: number;
  /** The first block of each list; -1 if it has none. */
  readonly first: Int32Array;
  /** The block that follows each block in its list; -1 if it is the last. */
  readonly next: Int32Array;
  /** Number of rows that were written to each list; the last block is filled up to it. */
  readonly counts: Int32Array;
}

/** @param blocks the most blocks that there can be */
export const createListChains = (lists: number, blocks: number): ListChains => ({
  lists,
  first: new Int32Array(new SharedArrayBuffer(4 * lists)).fill(-1),
  next: new Int32Array(new SharedArrayBuffer(4 * blocks)).fill(-1),
  counts: new Int32Array(new SharedArrayBuffer(4 * lists)),
});

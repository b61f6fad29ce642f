import { listCountFor } from "./list-count.ts";
import type { RowCodes } from "./types.ts";

/** A split list yields at most so many lists for each list before, as each part keeps a quarter of its rows. */
const SPLIT_GROWTH = 3;

/** What the threads of a build share; every array is in shared memory. */
export interface ClusteringState {
  readonly rows: RowCodes;
  /** Number of rows, erased ones included. */
  readonly count: number;
  /** Number of lists before crowded ones are split, and the most after. */
  readonly lists: number;
  readonly capacity: number;
  readonly threads: number;
  /** `[capacity, dimension]` */
  readonly centroids: Float32Array;
  /** The same for products, `[stride, lists]`. */
  readonly quantised: Int8Array;
  /** Of each thread's training rows: sums, `[lists, dimension]`, and counts by list. */
  readonly sums: readonly Float32Array[];
  readonly counts: readonly Int32Array[];
  /** The list of each row; -1 if it is erased. */
  readonly listOf: Int32Array;
  readonly order: Int32Array;
  /** Where each list begins and ends in `order`, `[capacity]`. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly alignment: Float32Array;
  /** One number: the lists that are taken. */
  readonly taken: Int32Array;
}

const floats = (length: number): Float32Array => new Float32Array(new SharedArrayBuffer(4 * length));
const ints = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * length));

export const newClusteringState = (rows: RowCodes, threads: number, wanted?: number): ClusteringState => {
  const { dimension, stride } = rows;
  const count = rows.runs.reduce((sum, run) => sum + run.rows, 0);
  const lists = wanted ?? listCountFor(count);
  const capacity = (1 + SPLIT_GROWTH) * lists;
  return {
    rows,
    count,
    lists,
    capacity,
    threads,
    centroids: floats(capacity * dimension),
    quantised: new Int8Array(new SharedArrayBuffer(stride * lists)),
    sums: Array.from({ length: threads }, () => floats(lists * dimension)),
    counts: Array.from({ length: threads }, () => ints(lists)),
    listOf: ints(count),
    order: ints(count),
    starts: ints(capacity),
    ends: ints(capacity),
    alignment: floats(capacity),
    taken: ints(1),
  };
};

/** Bytes that a build takes beside the rows. */
export const clusteringBytes = (rows: number, dimension: number, threads: number): number => {
  const lists = listCountFor(rows);
  return 4 * lists * dimension * (2 + SPLIT_GROWTH + threads) + 32 * lists * dimension + 8 * rows;
};

import pLimit from "p-limit";
import { FLOATS_AT_ONCE, QUERIES_AT_ONCE } from "../costs.ts";
import type { Ranked } from "./best-rows.ts";
import { candidatesFor } from "./candidates.ts";
import { EXTENT_ROWS } from "./layout.ts";
import type { RowsHandle } from "./rows.ts";
import type { SearchPool } from "./search-pool.ts";
import type { CodedRange } from "./slot-codes.ts";

/** With more candidates a query, fewer queries are answered at once, for the memory that they take. */
const MANY_WANTED = 4_096;
/** Groups of queries under way, so that no thread waits while another ends a step of one. */
const GROUPS_AT_ONCE = 2;
/** More candidates a query than this would take too much memory for a batch. */
const MOST_WANTED = 32_768;

/** Queries that are answered together. */
export interface FlatBatch {
  /** `[queries, dimension]` */
  readonly queries: Float32Array;
  readonly dimension: number;
  readonly k: number;
  readonly proof: boolean;
  /** Whether rows are multiplied in float32, not their codes. */
  readonly floats: boolean;
  /** Rows that may be found: one byte per slot, in memory that threads share; absent: all. */
  readonly allow: Uint8Array | undefined;
  readonly allowed: number;
  /** For tests: added to the thresholds taken from a sample. */
  readonly raise: number | undefined;
}

/** Whether a batch can be answered together: all codes are in one segment, and few enough candidates are wanted. */
export const canBatch = (ranges: readonly CodedRange[], k: number, proof: boolean): boolean =>
  ranges.length === 1 && candidatesFor(k, proof) <= MOST_WANTED;

/**
 * Answers queries together on the threads of the pool: each scores a part of the rows for all of them, then each merges and
 * rescores the candidates of some.
 *
 * @returns for each query its answer, or null where it must be searched for on its own
 */
export const searchBatch = async (
  pool: SearchPool,
  range: CodedRange,
  rows: RowsHandle,
  batch: FlatBatch,
): Promise<(Ranked | null)[]> => {
  const { queries, dimension, floats, k } = batch;
  const isMany = !floats || candidatesFor(k, false) > MANY_WANTED;
  const atOnce = (isMany ? QUERIES_AT_ONCE : FLOATS_AT_ONCE) * dimension;
  const limit = pLimit(GROUPS_AT_ONCE);
  const groups = Array.from({ length: Math.ceil(queries.length / atOnce) }, (_, i) => {
    const some = queries.slice(i * atOnce, (i + 1) * atOnce);
    return limit(() => searchTogether(pool, range, rows, { ...batch, queries: some }));
  });
  return (await Promise.all(groups)).flat();
};

const searchTogether = async (
  pool: SearchPool,
  range: CodedRange,
  rows: RowsHandle,
  { queries, dimension, k, proof, floats, allow, allowed, raise }: FlatBatch,
): Promise<(Ranked | null)[]> => {
  const on = { segment: range.segment.handle, rows };
  const { firstSlot, error } = range;
  const count = queries.length / dimension;
  const wanted = candidatesFor(k, proof && !floats);
  const common = { queries, dimension, firstSlot, floats, wanted, allow, allowed, raise };
  const scanned = await Promise.all(
    pieces(range.rows, pool.size, EXTENT_ROWS).map(([from, to]) =>
      pool.run("scanBatch", on, { ...common, from, to }),
    ),
  );
  const parts = scanned.filter((part) => part !== undefined);
  if (parts.length < scanned.length) return new Array<null>(count).fill(null);
  const rescored = await Promise.all(
    pieces(count, pool.size, 1).map(async ([first, last]) => {
      const given = { queries, dimension, wanted, floats, k, proof, firstSlot, error, first, last, parts };
      const found = await pool.run("rescoreBatch", on, given);
      return found?.answers ?? new Array<null>(last - first).fill(null);
    }),
  );
  return rescored.flat();
};

/** `count` things in at most `most` pieces of about equal size, each but the last a multiple of `unit`. */
const pieces = (count: number, most: number, unit: number): [number, number][] => {
  const size = Math.ceil(count / most / unit) * unit;
  return Array.from({ length: Math.ceil(count / size) }, (_, i) => [
    i * size,
    Math.min(count, (i + 1) * size),
  ]);
};

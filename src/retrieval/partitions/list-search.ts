import { codeQuery, writeQuery, type CodedQuery } from "../codes/coding.ts";
import { hasRelaxedSimd, openScanKernels } from "../codes/kernels.ts";
import { AREA, BLOCK_ROWS, EXTENT_ROWS } from "../codes/layout.ts";
import type { Segment } from "../codes/segment.ts";
import { openCandidateRegion } from "./candidate-region.ts";
import type { Effort } from "./efforts.ts";
import type { ListChains } from "./list-chains.ts";
import { createListOrder } from "./list-order.ts";

const BLOCKS_AN_EXTENT = EXTENT_ROWS / BLOCK_ROWS;
/** Rows that a kernel scores at once. */
const LANES = 4;

/** Centroids that are scored before the threshold of the nearest is taken anew. */
const CENTROIDS_A_CALL = 512;
/** So many nearest lists are found without ordering all. */
const FEW_LISTS = 64;

const isAny = (): boolean => true;

/** The lists of rows, and their centroids, as one thread reads them. */
export interface SearchedLists {
  readonly rows: Segment;
  /** The centroids, coded like rows, at positions from 0 on. */
  readonly centroids: Segment;
  readonly chains: ListChains;
  /** Mean and standard deviation of the cosine between a list's rows and its centroid. */
  readonly alignment: Float32Array;
  readonly spread: Float32Array;
  /** The number of the thread, whose work areas are used. */
  readonly thread: number;
}

export interface ListSearchOptions {
  /** Number of candidates; more than k, because codes are inexact. */
  readonly wanted: number;
  readonly effort: Effort;
  /** Slots from here on are not seen. */
  readonly slotCount: number;
  /** One byte for each slot: 1 if it may be found. Absent: all below `slotCount` may be. */
  readonly allow: Uint8Array | undefined;
}

/** The best rows by codes, in no order. */
export interface ListCandidates {
  readonly slots: Int32Array;
  /** Rows and lists that were read. */
  readonly rows: number;
  readonly lists: number;
}

/** Searches lists on the present thread. */
export interface ListSearcher {
  readonly dimension: number;
  readonly search: (query: Float32Array, options: ListSearchOptions) => ListCandidates;
  /** The list whose centroid is nearest to a row of norm 1 (or 0). */
  readonly nearest: (row: Float32Array) => number;
}

/** @param relaxed for tests; default: where the engine has relaxed SIMD */
export const createListSearcher = (searched: SearchedLists, relaxed = hasRelaxedSimd()): ListSearcher => {
  const { rows, centroids, chains, alignment, spread, thread } = searched;
  const scanRows = openScanKernels(rows.handle.memory, rows.stride, relaxed).scan;
  const scanCentroids = openScanKernels(centroids.handle.memory, centroids.stride, relaxed).scan;
  const near = createListOrder(chains.lists);
  const hopeful = createListOrder(chains.lists);
  const found = openCandidateRegion(rows, thread);
  const foundCentroids = openCandidateRegion(centroids, thread);
  const queryAt = rows.area(thread) + AREA.query;
  const centroidQueryAt = centroids.area(thread) + AREA.query;

  /** Writes the product of each centroid with the query, in units of the query's scale. */
  const scoreCentroids = (coded: CodedQuery): void => {
    writeQuery(coded, centroids.buffer(), centroidQueryAt, relaxed);
    for (let first = 0; first < chains.lists; first += EXTENT_ROWS) {
      const count = Math.min(EXTENT_ROWS, chains.lists - first);
      const extent = centroids.extents(first + count)[first / EXTENT_ROWS];
      if (extent === undefined) throw new RangeError(`there is no centroid ${first}`);
      foundCentroids.clear();
      const { at, limit } = foundCentroids;
      const padded = Math.ceil(count / LANES) * LANES;
      scanCentroids(extent.codesAt, extent.scalesAt, padded, first, centroidQueryAt, at, limit, -Infinity);
      for (let i = foundCentroids.count() - 1; i >= 0; i--)
        near.scores[foundCentroids.position(i)] = foundCentroids.score(i);
    }
  };

  /**
   * The lists of the nearest centroids, nearest first. Of most centroids it is enough to know that they are not among them,
   * which takes half the time of ordering all.
   */
  const nearestLists = (coded: CodedQuery, count: number): number[] => {
    writeQuery(coded, centroids.buffer(), centroidQueryAt, relaxed);
    foundCentroids.clear();
    let threshold = -Infinity;
    for (let first = 0; first < chains.lists; first += CENTROIDS_A_CALL) {
      const rest = Math.min(CENTROIDS_A_CALL, chains.lists - first);
      const extent = centroids.extents(first + rest)[Math.floor(first / EXTENT_ROWS)];
      if (extent === undefined) throw new RangeError(`there is no centroid ${first}`);
      const within = first % EXTENT_ROWS;
      scanCentroids(
        extent.codesAt + within * centroids.stride,
        extent.scalesAt + 4 * within,
        Math.ceil(rest / LANES) * LANES,
        first,
        centroidQueryAt,
        foundCentroids.at,
        foundCentroids.limit,
        threshold,
      );
      if (foundCentroids.count() > 2 * count) threshold = foundCentroids.prune(count, isAny);
    }
    foundCentroids.prune(count, isAny);
    return Array.from({ length: foundCentroids.count() }, (_, i) => i)
      .sort((a, b) => foundCentroids.score(b) - foundCentroids.score(a))
      .map((i) => foundCentroids.position(i));
  };

  const search: ListSearcher["search"] = (query, { wanted, effort, slotCount, allow }) => {
    const coded = codeQuery(query);
    writeQuery(coded, rows.buffer(), queryAt, relaxed);
    const slotOf = (position: number): number =>
      rows.extents(position + 1)[Math.floor(position / EXTENT_ROWS)]?.slots[position % EXTENT_ROWS] ?? -1;
    const isAllowed = (position: number): boolean => {
      const slot = slotOf(position);
      return slot >= 0 && slot < slotCount && (allow === undefined || allow[slot] === 1);
    };
    let [threshold, read, lists] = [-Infinity, 0, 0];

    const scanRun = (block: number, blocks: number, count: number): void => {
      const index = Math.floor(block / BLOCKS_AN_EXTENT);
      const extent = rows.extents((block + blocks) * BLOCK_ROWS)[index];
      if (extent === undefined) throw new RangeError(`there is no block ${block}`);
      const within = (block % BLOCKS_AN_EXTENT) * BLOCK_ROWS;
      const padded = Math.ceil(count / LANES) * LANES;
      for (let done = 0; done < padded;) {
        done += scanRows(
          extent.codesAt + (within + done) * rows.stride,
          extent.scalesAt + 4 * (within + done),
          padded - done,
          block * BLOCK_ROWS + done,
          queryAt,
          found.at,
          found.limit,
          threshold,
        );
        if (done < padded || found.isCrowded(wanted)) threshold = found.prune(wanted, isAllowed);
      }
      read += count;
    };

    /** Blocks that follow one another in memory are read by one call. */
    const scanList = (list: number): void => {
      let left = Atomics.load(chains.counts, list);
      let block = chains.first[list] ?? -1;
      while (block >= 0 && left > 0) {
        let blocks = 1;
        let next = chains.next[block] ?? -1;
        while (next === block + blocks && next % BLOCKS_AN_EXTENT !== 0 && blocks * BLOCK_ROWS < left) {
          blocks++;
          next = chains.next[next] ?? -1;
        }
        const count = Math.min(left, blocks * BLOCK_ROWS);
        scanRun(block, blocks, count);
        left -= count;
        block = next;
      }
      lists++;
    };

    const finish = (): ListCandidates => {
      found.prune(wanted, isAllowed);
      const slots = Int32Array.from({ length: found.count() }, (_, i) => slotOf(found.position(i)));
      return { slots, rows: read, lists };
    };

    found.clear();
    if (effort.reach === null && effort.lists <= FEW_LISTS) {
      for (const list of nearestLists(coded, Math.min(effort.lists, chains.lists))) scanList(list);
      return finish();
    }
    scoreCentroids(coded);
    const byScore = near.above(-Infinity);
    const first = Math.min(effort.lists, byScore.length);
    for (let i = 0; i < first; i++) scanList(byScore[i] ?? 0);
    if (effort.reach !== null && first < byScore.length) {
      threshold = found.prune(wanted, isAllowed);
      const reach = coded.scale === 0 ? 0 : effort.reach / coded.scale;
      for (let list = 0; list < chains.lists; list++)
        hopeful.scores[list] =
          (alignment[list] ?? 0) * (near.scores[list] ?? 0) + reach * (spread[list] ?? 0);
      for (let i = 0; i < first; i++) hopeful.scores[byScore[i] ?? 0] = -Infinity;
      const others = hopeful.above(threshold === -Infinity ? -Number.MAX_VALUE : threshold);
      for (const list of others) {
        if ((hopeful.scores[list] ?? 0) < threshold) break;
        scanList(list);
      }
    }
    return finish();
  };

  const nearest: ListSearcher["nearest"] = (row) => {
    scoreCentroids(codeQuery(row));
    let list = 0;
    for (let i = 1; i < near.scores.length; i++)
      if ((near.scores[i] ?? 0) > (near.scores[list] ?? 0)) list = i;
    return list;
  };

  return { dimension: rows.handle.dimension, search, nearest };
};

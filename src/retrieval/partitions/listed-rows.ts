import { AREA, BLOCK_ROWS, EXTENT_ROWS, extentBytesOf, strideOf } from "../codes/layout.ts";
import { createSegment, type Segment, type SegmentHandle } from "../codes/segment.ts";
import { createTurns } from "../../math/slices.ts";
import type { Slot } from "../types.ts";
import { createListChains, type ListChains } from "./list-chains.ts";
import type { Clustering } from "./types.ts";

/** A segment is at most 4 GiB. */
const SEGMENT_BYTES = 2 ** 32;

/** Coded rows in lists, and the centroids of the lists. */
export interface ListedRows {
  readonly rows: Segment;
  /** The segment of the rows with its lists, for other threads. */
  readonly handle: SegmentHandle;
  readonly centroids: Segment;
  readonly chains: ListChains;
  /** Mean and standard deviation of the cosine between a list's rows and its centroid, `[lists]`. */
  readonly alignment: Float32Array;
  readonly spread: Float32Array;
  /** `[lists, dimension]` */
  readonly centroidRows: Float32Array;
  /**
   * Appends a row of norm 1 (or 0) to a list.
   *
   * @throws RangeError where memory cannot grow
   */
  readonly add: (list: number, slot: Slot, rows: Float32Array, from: number) => void;
  /** Appends a copy of a coded row of another segment. */
  readonly copy: (list: number, from: Segment, position: number) => void;
  /** The list of each slot below `slotCount`; -1 if it is in none. */
  readonly listOf: (slotCount: number) => Int32Array;
}

/** What the lists of a collection are: as built, or read from a file. */
export type ListCentroids = Pick<Clustering, "dimension" | "lists" | "centroids" | "alignment">;

/** Creates empty lists, in slices. @throws RangeError where there is no memory */
export const createListedRows = async (
  { dimension, lists, centroids, alignment }: ListCentroids,
  signal: AbortSignal,
): Promise<ListedRows> => {
  const rows = createSegment(dimension);
  const centroidSegment = createSegment(dimension);
  const extentBytes = extentBytesOf(strideOf(dimension));
  const most = Math.floor((SEGMENT_BYTES - rows.handle.areas * AREA.bytes) / extentBytes);
  const chains = createListChains(lists, (most * EXTENT_ROWS) / BLOCK_ROWS);
  const last = new Int32Array(lists).fill(-1);
  const shared = (from: Float32Array): Float32Array => {
    const copy = new Float32Array(new SharedArrayBuffer(4 * from.length));
    copy.set(from);
    return copy;
  };

  const turn = createTurns(signal);
  for (let list = 0; list < lists; list++) {
    if (list % BLOCK_ROWS === 0) {
      newBlock(centroidSegment);
      await turn();
    }
    centroidSegment.write(list, list, centroids, list * dimension);
  }

  /** The position of a list's next row. */
  const nextPosition = (list: number): number => {
    const within = (chains.counts[list] ?? 0) % BLOCK_ROWS;
    if (within > 0) return (last[list] ?? 0) * BLOCK_ROWS + within;
    const block = newBlock(rows);
    const before = last[list] ?? -1;
    if (before < 0) chains.first[list] = block;
    else chains.next[before] = block;
    last[list] = block;
    return block * BLOCK_ROWS;
  };

  const measures = {
    alignment: shared(alignment),
    spread: shared(alignment.map((a) => Math.sqrt(Math.max(0, 1 - a * a) / dimension))),
  };
  return {
    rows,
    handle: { ...rows.handle, lists: { ...measures, centroids: centroidSegment.handle, chains } },
    centroids: centroidSegment,
    chains,
    ...measures,
    centroidRows: centroids,
    add: (list, slot, source, from) => {
      rows.write(nextPosition(list), slot, source, from);
      // Other threads read a row once it is counted.
      Atomics.add(chains.counts, list, 1);
    },
    copy: (list, from, position) => {
      copyCode(from, position, rows, nextPosition(list));
      Atomics.add(chains.counts, list, 1);
    },
    listOf: (slotCount) => {
      const found = new Int32Array(slotCount).fill(-1);
      for (let list = 0; list < lists; list++) {
        let left = chains.counts[list] ?? 0;
        for (let block = chains.first[list] ?? -1; block >= 0; block = chains.next[block] ?? -1) {
          const [{ slots }, first] = placeIn(rows, block * BLOCK_ROWS);
          for (let i = first; i < first + Math.min(left, BLOCK_ROWS); i++) {
            const slot = slots[i] ?? -1;
            if (slot >= 0 && slot < slotCount) found[slot] = list;
          }
          left -= BLOCK_ROWS;
        }
      }
      return found;
    },
  };
};

const newBlock = (segment: Segment): number => {
  const block = segment.addBlock();
  if (block === undefined) throw new RangeError("a segment of codes cannot grow");
  return block;
};

const placeIn = (segment: Segment, position: number) => {
  const extent = segment.extents(position + 1)[Math.floor(position / EXTENT_ROWS)];
  if (extent === undefined) throw new RangeError(`there is no position ${position}`);
  return [extent, position % EXTENT_ROWS] as const;
};

const copyCode = (from: Segment, position: number, to: Segment, target: number): void => {
  const [source, at] = placeIn(from, position);
  const [into, place] = placeIn(to, target);
  const { stride } = to;
  into.codes.set(source.codes.subarray(at * stride, (at + 1) * stride), place * stride);
  into.slots[place] = source.slots[at] ?? -1;
  into.errors[place] = source.errors[at] ?? 0;
  // Last, because a scale that is not NaN makes a row be found.
  into.scales[place] = source.scales[at] ?? NaN;
};

/** Copies rows into the lists of a build, in list order, so that the blocks of a list follow one another. */
export const arrangeRows = async (
  from: Segment,
  { order, starts, ...lists }: Clustering,
  signal: AbortSignal,
): Promise<ListedRows> => {
  const listed = await createListedRows(lists, signal);
  const turn = createTurns(signal);
  for (let list = 0; list < lists.lists; list++) {
    for (let i = starts[list] ?? 0; i < (starts[list + 1] ?? 0); i++) listed.copy(list, from, order[i] ?? -1);
    await turn();
  }
  return listed;
};

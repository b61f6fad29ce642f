import { availableThreads } from "../../machine-limits.ts";
import { codeRow } from "./coding.ts";
import { AREA, BLOCK_ROWS, extentBytesOf, EXTENT_ROWS, strideOf, ZERO_CODE } from "./layout.ts";
import type { ListChains } from "../partitions/list-chains.ts";
import { createWeight } from "./weight.ts";

const PAGE = 65_536;
/** Pages of the largest memory that WebAssembly addresses, 4 GiB. */
const MAX_PAGES = 65_536;

/** The arrays of {@link EXTENT_ROWS} positions. Each has a typed array of its own: indexes beyond 2^31 are slow. */
export interface Extent {
  /** Address of the codes and of the scales in the segment's memory. */
  readonly codesAt: number;
  readonly scalesAt: number;
  /** `[EXTENT_ROWS, stride]` */
  readonly codes: Uint8Array;
  /** NaN at places that are erased or not filled, so that no comparison lets them through. */
  readonly scales: Float32Array;
  /** The slot at each position. */
  readonly slots: Int32Array;
  /** In units of `errorStep`. */
  readonly errors: Uint8Array;
}

/** What makes a segment one of lists around centroids. All arrays are in shared memory. */
export interface SegmentLists {
  readonly centroids: SegmentHandle;
  readonly chains: ListChains;
  /** Mean and standard deviation of the cosine between a list's rows and its centroid. */
  readonly alignment: Float32Array;
  readonly spread: Float32Array;
}

/** What another thread needs to open a segment. */
export interface SegmentHandle {
  readonly memory: WebAssembly.Memory;
  readonly dimension: number;
  /** Number of threads that have a work area. */
  readonly areas: number;
  readonly lists?: SegmentLists;
}

/**
 * Codes in one shared memory of at most 4 GiB: work areas, then extents of {@link EXTENT_ROWS} positions. Positions are
 * given out by blocks of {@link BLOCK_ROWS}, so that a list of rows is a chain of blocks and one without lists is all of
 * them in order.
 */
export interface Segment {
  readonly handle: SegmentHandle;
  readonly stride: number;
  /** Address of the first extent. */
  readonly base: number;
  readonly buffer: () => ArrayBufferLike;
  /**
   * The extents, at least as many as hold `positions`.
   *
   * @throws RangeError where memory has fewer
   */
  readonly extents: (positions: number) => readonly Extent[];
  /** Address of a thread's work area; 0 is the main thread. */
  readonly area: (thread: number) => number;
  /** Number of blocks given out. */
  readonly blocks: () => number;
  /** Gives out the next block, with nothing in it; undefined where memory cannot grow. */
  readonly addBlock: () => number | undefined;
  /** Codes a row of norm 1 (or 0) at a position. */
  readonly write: (position: number, slot: number, rows: Float32Array, from: number) => void;
  /** Overwrites a row's code, scale, slot and error. */
  readonly erase: (position: number) => void;
}

/** Threads that may search at once: the main thread and a worker for each core. */
const threadAreas = (): number => availableThreads() + 1;

/** Creates an empty segment. @throws RangeError where there is no memory. */
export const createSegment = (dimension: number): Segment => {
  const areas = threadAreas();
  const initial = Math.ceil((areas * AREA.bytes) / PAGE);
  const memory = new WebAssembly.Memory({ initial, maximum: MAX_PAGES, shared: true });
  return openSegment({ memory, dimension, areas });
};

/** Opens a segment that another thread created; only that thread writes. */
export const openSegment = (handle: SegmentHandle): Segment => {
  const { memory, dimension } = handle;
  const stride = strideOf(dimension);
  const extentBytes = extentBytesOf(stride);
  const base = handle.areas * AREA.bytes;
  const known: Extent[] = [];
  const weigh = createWeight();
  let blocks = 0;

  const extentAt = (index: number): Extent => {
    const codesAt = base + index * extentBytes;
    const scalesAt = codesAt + EXTENT_ROWS * stride;
    const { buffer } = memory;
    return {
      codesAt,
      scalesAt,
      codes: new Uint8Array(buffer, codesAt, EXTENT_ROWS * stride),
      scales: new Float32Array(buffer, scalesAt, EXTENT_ROWS),
      slots: new Int32Array(buffer, scalesAt + 4 * EXTENT_ROWS, EXTENT_ROWS),
      errors: new Uint8Array(buffer, scalesAt + 8 * EXTENT_ROWS, EXTENT_ROWS),
    };
  };

  const extents = (positions: number): readonly Extent[] => {
    const needed = Math.ceil(positions / EXTENT_ROWS);
    // Growing by nothing shows what the thread that writes has added.
    if (needed > known.length && memory.grow(0) * PAGE < base + needed * extentBytes)
      throw new RangeError(`the segment has no ${positions} positions`);
    while (known.length < needed) known.push(extentAt(known.length));
    return known;
  };

  const addExtent = (): boolean => {
    const end = base + (known.length + 1) * extentBytes;
    const missing = Math.ceil((end - memory.buffer.byteLength) / PAGE);
    try {
      if (missing > 0) memory.grow(missing);
    } catch {
      return false;
    }
    const extent = extentAt(known.length);
    extent.scales.fill(NaN);
    known.push(extent);
    weigh(memory.buffer.byteLength);
    return true;
  };

  const placeOf = (position: number): readonly [Extent, number] => {
    const extent = known[Math.floor(position / EXTENT_ROWS)];
    if (extent === undefined || position >= blocks * BLOCK_ROWS)
      throw new RangeError(`there is no position ${position}`);
    return [extent, position % EXTENT_ROWS];
  };

  return {
    handle,
    stride,
    base,
    buffer: () => memory.buffer,
    extents,
    area: (thread) => {
      if (thread >= handle.areas) throw new RangeError(`there is no work area ${thread}`);
      return thread * AREA.bytes;
    },
    blocks: () => blocks,
    addBlock: () => {
      if (blocks * BLOCK_ROWS === known.length * EXTENT_ROWS && !addExtent()) return undefined;
      return blocks++;
    },
    write: (position, slot, rows, from) => {
      const [extent, at] = placeOf(position);
      extent.slots[at] = slot;
      codeRow(rows, from, dimension, extent, at);
    },
    erase: (position) => {
      const [extent, at] = placeOf(position);
      extent.scales[at] = NaN;
      extent.codes.fill(ZERO_CODE, at * stride, (at + 1) * stride);
      extent.slots[at] = -1;
      extent.errors[at] = 0;
    },
  };
};

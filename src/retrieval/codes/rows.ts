import { AnchorageError } from "../../errors.ts";
import { availableThreads } from "../../machine-limits.ts";
import { openFloatKernels, type FloatKernels } from "./kernels.ts";
import { strideOf } from "./layout.ts";
import { createWeight } from "./weight.ts";

const PAGE = 65_536;
/** Pages of a chunk at most: 1 GiB, for indexes of typed arrays beyond 2^31 are slow. */
const CHUNK_PAGES = 16_384;
/** The most bytes by which a chunk grows at once; a small one doubles. */
const GROWTH = 16 * 1024 * 1024;

/** A thread's part of a chunk: the query, the addresses of rows and their scores. */
const AREA = { bytes: 64 * 1024, addresses: 32 * 1024, scores: 48 * 1024, capacity: 4_096 } as const;

/** What another thread needs to read rows. */
export interface RowsHandle {
  readonly chunks: readonly WebAssembly.Memory[];
  readonly dimension: number;
  readonly areas: number;
}

/** The float32 rows of all slots, append-only, in memory that threads share. */
export interface RowStore {
  readonly dimension: number;
  readonly count: () => number;
  /** Makes room for `count` more rows and returns where the rows from the next slot on go, one after the other. */
  readonly append: (count: number, write: (target: Float32Array, at: number, index: number) => void) => void;
  /** The row of a slot; not to be written to. */
  readonly row: (slot: number) => Float32Array;
  readonly handle: () => RowsHandle;
}

/** Reads rows on one thread. */
export interface RowScorer {
  /** Writes the inner products of a query with the rows of `count` slots, in float32. */
  readonly score: (query: Float32Array, slots: Int32Array, count: number, scores: Float32Array) => void;
}

/** Reads and copies rows on one thread. */
export interface RowAccess extends RowScorer {
  /** Copies the rows of `count` slots from `first` on, each padded to the stride. */
  readonly copy: (first: number, count: number, into: Float32Array) => void;
}

const rowsOfChunk = (dimension: number, areas: number): number =>
  Math.floor((CHUNK_PAGES * PAGE - areas * AREA.bytes) / (4 * strideOf(dimension)));

export const createRowStore = (dimension: number): RowStore => {
  const areas = availableThreads() + 1;
  const stride = strideOf(dimension);
  const capacity = rowsOfChunk(dimension, areas);
  const start = areas * AREA.bytes;
  const chunks: WebAssembly.Memory[] = [];
  const views: Float32Array[] = [];
  const weigh = createWeight();
  let count = 0;

  const addChunk = (): void => {
    chunks.push(new WebAssembly.Memory({ initial: start / PAGE, maximum: CHUNK_PAGES, shared: true }));
    views.push(new Float32Array(0));
  };

  /** The rows of a chunk, of which it holds at least `rows`. */
  const grownView = (index: number, rows: number): Float32Array => {
    const memory = chunks[index];
    if (memory === undefined) throw new RangeError(`there is no chunk ${index}`);
    const known = views[index] ?? new Float32Array(0);
    if (rows * stride <= known.length) return known;
    const bytes = start + 4 * stride * rows;
    const present = memory.buffer.byteLength;
    const wanted = Math.max(bytes, Math.min(2 * present, present + GROWTH));
    const pages = Math.min(CHUNK_PAGES, Math.ceil(wanted / PAGE));
    try {
      memory.grow(pages - present / PAGE);
    } catch (cause) {
      throw new AnchorageError("unavailable", "Memory for more vectors could not be had.", { cause });
    }
    weigh(chunks.reduce((sum, { buffer }) => sum + buffer.byteLength, 0));
    return (views[index] = new Float32Array(memory.buffer, start));
  };

  const row = (slot: number): Float32Array => {
    const view = views[Math.floor(slot / capacity)];
    if (view === undefined || slot >= count) throw new RangeError(`there is no slot ${slot}`);
    const at = (slot % capacity) * stride;
    return view.subarray(at, at + dimension);
  };

  return {
    dimension,
    count: () => count,
    append: (added, write) => {
      for (let taken = 0; taken < added;) {
        const index = Math.floor(count / capacity);
        if (index === chunks.length) addChunk();
        const first = count % capacity;
        const fits = Math.min(added - taken, capacity - first);
        const view = grownView(index, first + fits);
        for (let i = 0; i < fits; i++) write(view, (first + i) * stride, taken + i);
        count += fits;
        taken += fits;
      }
    },
    row,
    handle: () => ({ chunks: [...chunks], dimension, areas }),
  };
};

interface OpenedChunk extends FloatKernels {
  readonly memory: WebAssembly.Memory;
}

/** Opens rows for reading on a thread; 0 is the main thread. */
export const openRowScorer = ({ chunks, dimension, areas }: RowsHandle, thread: number): RowAccess => {
  const stride = strideOf(dimension);
  const capacity = rowsOfChunk(dimension, areas);
  const area = thread * AREA.bytes;
  const opened = chunks.map((memory): OpenedChunk => ({ memory, ...openFloatKernels(memory) }));
  const places = new Int32Array(AREA.capacity);

  /** Scores the rows of one chunk whose places in `slots` were collected. */
  const flush = (
    index: number,
    collected: number,
    query: Float32Array,
    slots: Int32Array,
    scores: Float32Array,
  ): void => {
    const chunk = opened[index];
    if (chunk === undefined) throw new RangeError(`there is no chunk ${index}`);
    const { buffer } = chunk.memory;
    const padded = new Float32Array(buffer, area, stride);
    padded.set(query);
    padded.fill(0, dimension);
    const addresses = new Uint32Array(buffer, area + AREA.addresses, collected);
    let last = 0;
    for (let i = 0; i < collected; i++) {
      const slot = slots[places[i] ?? 0] ?? 0;
      const address = areas * AREA.bytes + (slot % capacity) * 4 * stride;
      addresses[i] = address;
      last = Math.max(last, address);
    }
    // Growing by nothing shows what the thread that writes has added.
    if (last + 4 * stride > buffer.byteLength) chunk.memory.grow(0);
    chunk.dots(area + AREA.addresses, collected, area, stride, area + AREA.scores);
    const found = new Float32Array(buffer, area + AREA.scores, collected);
    for (let i = 0; i < collected; i++) scores[places[i] ?? 0] = found[i] ?? 0;
  };

  return {
    copy: (first, count, into) => {
      for (let done = 0; done < count;) {
        const slot = first + done;
        const chunk = opened[Math.floor(slot / capacity)];
        if (chunk === undefined) throw new RangeError(`there is no slot ${slot}`);
        const within = slot % capacity;
        const some = Math.min(count - done, capacity - within);
        const at = areas * AREA.bytes + 4 * stride * within;
        const end = at + 4 * stride * some;
        if (end > chunk.memory.buffer.byteLength) chunk.memory.grow(0);
        into.set(new Float32Array(chunk.memory.buffer, at, some * stride), done * stride);
        done += some;
      }
    },
    score: (query, slots, count, scores) => {
      for (let index = 0; index < opened.length; index++) {
        let collected = 0;
        for (let i = 0; i < count; i++) {
          if (Math.floor((slots[i] ?? 0) / capacity) !== index) continue;
          places[collected++] = i;
          if (collected < AREA.capacity) continue;
          flush(index, collected, query, slots, scores);
          collected = 0;
        }
        if (collected > 0) flush(index, collected, query, slots, scores);
      }
    },
  };
};

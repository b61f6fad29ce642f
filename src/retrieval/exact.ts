import { currentCosts, gatheringIsCheaper, type Costs } from "./costs.ts";
import type { IndexSearch, Neighbours, Slot, VectorIndex } from "./types.ts";
import { PEAK_ROWS, rowsACall, scoreBlock } from "./kernels.ts";
import { emptyNeighbours, createTopK, topKBytes, type TopK } from "./top-k.ts";

/** Rows a block holds; only the last block grows, so growth copies one block at most. */
const BLOCK_ROWS = 32_768;
/** Up to so many rows a block grows by doubling. */
const SMALL_ROWS = 2_048;

export interface ExactIndex extends VectorIndex {
  readonly kind: "exact";
  /** Appends raw vectors at slots from `first` on: each is scaled to norm 1 as it is copied, as {@link unitRows} does. */
  readonly append: (first: Slot, vectors: readonly Float32Array[]) => void;
  /** The stored vector of a slot; not to be written to. */
  readonly row: (slot: Slot) => Float32Array;
}

interface Block {
  rows: Float32Array;
  count: number;
}

/**
 * An exact index: inner products with every row by a matrix product in ONNX Runtime; the k greatest are kept.
 * Rows live in append-only blocks, so that what a search reads never changes under it.
 *
 * @param options.compare the order of slots whose scores are equal
 * @param options.blockRows for tests; a multiple of 256
 */
export const createExactIndex = (options: {
  readonly dimension: number;
  readonly compare: (a: Slot, b: Slot) => number;
  readonly blockRows?: number;
}): ExactIndex => {
  const { dimension: d, compare } = options;
  const blockRows = options.blockRows ?? BLOCK_ROWS;
  const blocks: Block[] = [];
  let live = new Uint8Array(0);
  let slots = 0;
  let removed = 0;

  /** @param write writes `count` rows, the first of them row `from`, to `rows` at index `at` */
  const appendRows = (
    first: Slot,
    count: number,
    write: (rows: Float32Array, at: number, from: number, count: number) => void,
  ): void => {
    if (first !== slots) throw new RangeError(`slot ${first} does not follow ${slots - 1}`);
    for (let taken = 0; taken < count;) {
      const block = blockFor(count - taken);
      const fits = Math.min(count - taken, blockRows - block.count);
      write(block.rows, block.count * d, taken, fits);
      block.count += fits;
      taken += fits;
    }
    live = grown(live, slots + count);
    live.fill(1, slots, slots + count);
    slots += count;
  };

  /** The block that takes the next row, grown for up to `wanted` more. */
  const blockFor = (wanted: number): Block => {
    let block = blocks.at(-1);
    if (block === undefined || block.count === blockRows) {
      block = { rows: new Float32Array(0), count: 0 };
      blocks.push(block);
    }
    const needed = Math.min(blockRows, block.count + wanted);
    if (needed * d > block.rows.length) {
      // Beyond a few rows a block is made whole: copying it again and again would hold up requests, and memory that is
      // not written to yet costs nothing.
      const capacity = needed > SMALL_ROWS ? blockRows : Math.max(needed, (2 * block.rows.length) / d);
      const larger = new Float32Array(roundUp(capacity) * d);
      larger.set(block.rows.subarray(0, block.count * d));
      block.rows = larger;
    }
    return block;
  };

  const row = (slot: Slot): Float32Array => {
    const block = blocks[Math.floor(slot / blockRows)];
    if (block === undefined || slot >= slots) throw new RangeError(`there is no slot ${slot}`);
    const at = (slot % blockRows) * d;
    return block.rows.subarray(at, at + d);
  };

  const search = (queries: Float32Array, { k, allow }: IndexSearch): Promise<Neighbours> =>
    searchExactly(queries, {
      dimension: d,
      // As they are now: rows that are added later go into new memory, or beyond these counts.
      blocks: blocks.map(({ rows, count }, i) => ({ first: i * blockRows, rows, count })),
      row,
      k,
      allow: allow ?? live.slice(0, slots),
      compare,
      costs: currentCosts(),
    });

  return {
    kind: "exact",
    dimension: d,
    size: () => slots - removed,
    add: (first, vectors) =>
      appendRows(first, vectors.length / d, (rows, at, from, count) =>
        rows.set(vectors.subarray(from * d, (from + count) * d), at),
      ),
    append: (first, vectors) =>
      appendRows(first, vectors.length, (rows, at, from, count) => {
        vectors.slice(from, from + count).forEach((vector, i) => writeUnit(vector, 0, rows, at + i * d, d));
      }),
    remove: (gone) => {
      live = live.slice();
      for (const slot of gone) {
        if (live[slot] === 1) removed++;
        live[slot] = 0;
      }
    },
    row,
    search,
    close: () => undefined,
  };
};

const grown = (bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> => {
  if (length <= bytes.length) return bytes;
  const larger = new Uint8Array(Math.max(length, 2 * bytes.length));
  larger.set(bytes);
  return larger;
};

/**
 * A copy of `rows` in which each row has L2 norm 1; a zero row stays zero. The norm is taken in float64, so that no
 * finite float32 row over- or underflows.
 *
 * @param rows `[n, d]` row-major
 */
export const unitRows = (rows: Float32Array, dimension: number): Float32Array => {
  const result = new Float32Array(rows.length);
  for (let at = 0; at < rows.length; at += dimension) writeUnit(rows, at, result, at, dimension);
  return result;
};

/** Writes the vector at `from` in `source`, scaled to norm 1, to `target` at `at`, where zeros are. */
const writeUnit = (
  source: Float32Array,
  from: number,
  target: Float32Array,
  at: number,
  dimension: number,
): void => {
  let sum = 0;
  for (let i = 0; i < dimension; i++) sum += (source[from + i] ?? 0) ** 2;
  if (sum === 0) return;
  const scale = 1 / Math.sqrt(sum);
  for (let i = 0; i < dimension; i++) target[at + i] = (source[from + i] ?? 0) * scale;
};

/** A block of consecutive slots: `rows` (`[count or more, d]`) starts with slot `first`. */
export interface RowBlock {
  readonly first: Slot;
  readonly count: number;
  /** Its capacity is a multiple of 256 rows; rows beyond `count` are ignored. */
  readonly rows: Float32Array;
}

export interface ExactSearch {
  readonly dimension: number;
  readonly blocks: readonly RowBlock[];
  readonly row: (slot: Slot) => Float32Array;
  readonly k: number;
  /** One byte per slot: 1 if it may be found. */
  readonly allow: Uint8Array;
  readonly compare: (a: Slot, b: Slot) => number;
  readonly costs: Costs;
}

/**
 * Rows go through the kernel in multiples of this number, so that equal vectors get equal scores wherever they are.
 */
const ROW_MULTIPLE = 256;
/** Memory for the best candidates of the queries that are searched at once. */
const KEPT_BYTES = 64 * 1024 * 1024;
/** Number of queries whose neighbours are sorted between yields to the event loop. */
const WRITTEN_AT_ONCE = 16;
/**
 * Size of the first step: almost all of the first rows are among the best so far, and keeping them takes longer than
 * the kernel.
 */
const FIRST_ROWS = 2_048;

/**
 * Maximum number of queries per kernel call. ONNX Runtime sums a product in pieces of the dimension whose length
 * depends on the number of queries; up to this number it is the whole dimension (up to 1,024), so that a query's
 * scores do not depend on the other queries. A single query is passed twice, because one column takes another code
 * path.
 */
export const queriesACall = (dimension: number): number => (dimension <= 512 ? 32 : 16);

/** The k best of the allowed rows for each query (`[b, d]`), by inner product. */
export const searchExactly = async (queries: Float32Array, search: ExactSearch): Promise<Neighbours> => {
  const { dimension: d, allow, blocks, costs } = search;
  const batch = queries.length / d;
  const allowed = countOnes(allow);
  const k = Math.min(search.k, allowed);
  const result = emptyNeighbours(batch, k);
  if (k === 0) return result;
  const rows = blocks.reduce((sum, { count }) => sum + count, 0);
  const gather = gatheringIsCheaper(costs, { rows, allowed, dimension: d, batch, k });
  const atOnce = Math.max(1, Math.floor(KEPT_BYTES / topKBytes(k)));
  for (let first = 0; first < batch; first += atOnce) {
    const some = queries.subarray(first * d, Math.min(batch, first + atOnce) * d);
    const best = createTopK(some.length / d, k, search.compare);
    const groups = groupsOf(some, d);
    const widest = Math.max(...groups.map(({ count }) => count));
    const pieces = gather ? gathered(search, allowed, widest) : slices(search, widest);
    for (const piece of pieces) for (const group of groups) await scorePiece(piece, group, d, best, allow);
    for (let query = 0; query < some.length / d; query++) {
      if (query % WRITTEN_AT_ONCE === WRITTEN_AT_ONCE - 1) await nextTurn();
      best.write(query, result, first + query);
    }
  }
  return result;
};

interface Group {
  /** The index of its first query in the batch, and the number of its queries. */
  readonly first: number;
  readonly count: number;
  readonly queries: Float32Array;
  readonly columns: number;
}

const groupsOf = (queries: Float32Array, d: number): Group[] => {
  const [batch, atOnce] = [queries.length / d, queriesACall(d)];
  return Array.from({ length: Math.ceil(batch / atOnce) }, (_, i) => {
    const first = i * atOnce;
    const count = Math.min(atOnce, batch - first);
    const some = queries.subarray(first * d, (first + count) * d);
    if (count > 1) return { first, count, queries: some, columns: count };
    const twice = new Float32Array(2 * d);
    twice.set(some);
    twice.set(some, d);
    return { first, count, queries: twice, columns: 2 };
  });
};

/** The rows of one kernel call. */
interface Piece {
  readonly rows: Float32Array;
  readonly padded: number;
  readonly count: number;
  readonly slotAt: (row: number) => Slot;
}

/** The stored blocks, in slices that each contain a row that may be found. */
function* slices({ blocks, dimension: d, allow }: ExactSearch, columns: number): Generator<Piece> {
  let most = FIRST_ROWS;
  for (const { first, count, rows } of blocks) {
    for (let from = 0; from < count; most *= 2) {
      const wanted = Math.min(count - from, most, rowsACall({ rows: columns, columns: d }));
      const next = allow.indexOf(1, first + from);
      if (next < 0) return;
      const start = first + from;
      const padded = roundUp(wanted);
      if (next < start + wanted) {
        const some = rows.subarray(from * d, (from + padded) * d);
        yield { rows: some, padded, count: wanted, slotAt: (row) => start + row };
      }
      from += wanted;
    }
  }
}

/** A copy of only the rows that may be found. */
function* gathered({ row, dimension: d, allow }: ExactSearch, total: number, columns: number) {
  const size = Math.min(roundUp(total), rowsACall({ rows: columns + GATHERING, columns: d }));
  const rows = new Float32Array(size * d);
  const slots = new Int32Array(size);
  let slot = allow.indexOf(1);
  while (slot >= 0) {
    let count = 0;
    for (; slot >= 0 && count < size; slot = allow.indexOf(1, slot + 1)) {
      rows.set(row(slot), count * d);
      slots[count++] = slot;
    }
    yield {
      rows: rows.subarray(0, roundUp(count) * d),
      padded: roundUp(count),
      count,
      slotAt: (at: number) => slots[at] ?? -1,
    };
  }
}

/** Copying a row takes as long as multiplying it by about this number of queries. */
const GATHERING = 64;

const scorePiece = async (
  piece: Piece,
  { first, count: queries, queries: data, columns }: Group,
  d: number,
  best: TopK,
  allow: Uint8Array,
): Promise<void> => {
  const { scores, peaks } = await scoreBlock(
    { data: piece.rows, rows: piece.padded, columns: d },
    { data, rows: columns, columns: d },
  );
  const { thresholds, offer } = best;
  for (let row = 0, peak = 0; row < piece.count; row += PEAK_ROWS, peak += columns) {
    const end = Math.min(row + PEAK_ROWS, piece.count);
    for (let query = 0; query < queries; query++) {
      if ((peaks[peak + query] ?? 0) < (thresholds[first + query] ?? 0)) continue;
      for (let at = row; at < end; at++) {
        const score = scores[at * columns + query] ?? 0;
        if (score < (thresholds[first + query] ?? 0)) continue;
        const slot = piece.slotAt(at);
        if (allow[slot] === 1) offer(first + query, slot, score);
      }
    }
  }
};

const roundUp = (rows: number): number => Math.ceil(rows / ROW_MULTIPLE) * ROW_MULTIPLE;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Counts the bytes of a bitmap that are 1. */
export const countOnes = (bitmap: Uint8Array): number => {
  let sum = 0;
  for (const bit of bitmap) sum += bit;
  return sum;
};

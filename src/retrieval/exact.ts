import { currentCosts } from "./costs.ts";
import { searchExactly } from "./exact-search.ts";
import type { IndexSearch, Neighbours, Slot, VectorIndex } from "./types.ts";

/** Rows a block holds; only the last block grows, so growth copies one block at most. */
const BLOCK_ROWS = 32_768;
/** Up to so many rows a block grows by doubling. */
const SMALL_ROWS = 2_048;
/** Blocks have room for a multiple of this many rows, in which they are searched. */
const ROW_MULTIPLE = 256;

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
 * An exact index: inner products with every row by a matrix product in ONNX Runtime, of which the k greatest are kept.
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

const roundUp = (rows: number): number =>
  Math.max(ROW_MULTIPLE, Math.ceil(rows / ROW_MULTIPLE) * ROW_MULTIPLE);

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

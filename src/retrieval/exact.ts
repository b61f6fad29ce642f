import { countOnes } from "./bitmap.ts";
import { nearest } from "./kernels.ts";
import { emptyNeighbours, type Candidate } from "./neighbours.ts";
import type { IndexSearch, Neighbours, Slot, VectorIndex } from "./types.ts";

/** Rows a block holds; only the last block grows, so growth copies one block at most. */
const BLOCK_ROWS = 32_768;
/** Up to so many rows a block grows by doubling. */
const SMALL_ROWS = 2_048;
/**
 * Blocks are searched in multiples of this many rows (the rest is padding that is never found). It keeps every row on
 * the same path through the matrix kernel, so that equal vectors get equal scores wherever they stand.
 */
const ROW_MULTIPLE = 256;
const SCORE_BYTES = 64 * 1024 * 1024;
/** Asked for beyond k: anchors that share a caption share a text vector, so ties at the end of the list are common. */
const TIE_SLACK = 64;
/** Where a filter leaves fewer than this share of the rows, copying those rows out is cheaper than scoring all. */
const GATHER_SHARE = 0.02;

export interface ExactIndex extends VectorIndex {
  readonly kind: "exact";
  /** The stored vector of a slot; not to be written to. */
  readonly row: (slot: Slot) => Float32Array;
}

interface Block {
  rows: Float32Array;
  count: number;
}

/** What one kernel call runs over: some rows, and which slot each is. */
interface Part {
  readonly rows: Float32Array;
  readonly padded: number;
  readonly bias: Float32Array;
  readonly slotAt: (column: number) => Slot;
}

/**
 * An exact index: inner products with every row by a matrix product, then the k greatest, both in ONNX Runtime. Rows
 * live in append-only blocks, so that what a search reads never changes under it.
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
  const biases = new WeakMap<Uint8Array, Map<number, Float32Array>>();

  const add = (first: Slot, vectors: Float32Array): void => {
    if (first !== slots) throw new RangeError(`slot ${first} does not follow ${slots - 1}`);
    const count = vectors.length / d;
    for (let taken = 0; taken < count;) {
      const block = blockFor(count - taken);
      const fits = Math.min(count - taken, blockRows - block.count);
      block.rows.set(vectors.subarray(taken * d, (taken + fits) * d), block.count * d);
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

  /** 0 where a row may be found, -inf where not; made once for each bitmap. */
  const biasOf = (allow: Uint8Array, block: number, padded: number): Float32Array => {
    let ofBitmap = biases.get(allow);
    if (ofBitmap === undefined) biases.set(allow, (ofBitmap = new Map<number, Float32Array>()));
    let bias = ofBitmap.get(block);
    if (bias?.length !== padded) {
      bias = new Float32Array(padded).fill(-Infinity);
      const first = block * blockRows;
      const last = Math.min(allow.length, slots, first + blockRows);
      for (let slot = first; slot < last; slot++) if (allow[slot] === 1) bias[slot - first] = 0;
      ofBitmap.set(block, bias);
    }
    return bias;
  };

  const wholeBlocks = (allow: Uint8Array): Part[] =>
    blocks.map((block, i) => {
      const padded = roundUp(block.count);
      return {
        rows: block.rows.subarray(0, padded * d),
        padded,
        bias: biasOf(allow, i, padded),
        slotAt: (column) => i * blockRows + column,
      };
    });

  const gathered = (allow: Uint8Array, count: number): Part[] => {
    const chosen = new Int32Array(count);
    let filled = 0;
    for (let slot = 0; slot < allow.length; slot++) if (allow[slot] === 1) chosen[filled++] = slot;
    const padded = roundUp(count);
    const rows = new Float32Array(padded * d);
    for (let i = 0; i < count; i++) rows.set(row(chosen[i] ?? 0), i * d);
    const bias = new Float32Array(padded).fill(-Infinity);
    bias.fill(0, 0, count);
    return [{ rows, padded, bias, slotAt: (column) => chosen[column] ?? -1 }];
  };

  const search = async (queries: Float32Array, { k, allow }: IndexSearch): Promise<Neighbours> => {
    const batch = queries.length / d;
    const bitmap = allow ?? live.slice(0, slots);
    const allowed = countOnes(bitmap);
    const width = Math.min(k, allowed);
    const result = emptyNeighbours(batch, width);
    if (width === 0) return result;
    const parts = allowed < GATHER_SHARE * slots ? gathered(bitmap, allowed) : wholeBlocks(bitmap);
    const widest = Math.max(...parts.map((part) => part.padded));
    const step = Math.max(1, Math.floor(SCORE_BYTES / (4 * widest)));
    for (let first = 0; first < batch; first += step) {
      const some = queries.subarray(first * d, Math.min(batch, first + step) * d);
      await searchChunk(some, parts, width, first, result);
    }
    const directionless = zeroRows(queries, d);
    if (directionless.length > 0) {
      const order = searchNothing(bitmap, allowed, width);
      for (const row of directionless) writeRow(result, row, order, width);
    }
    return result;
  };

  const searchChunk = async (
    queries: Float32Array,
    parts: readonly Part[],
    k: number,
    firstRow: number,
    result: Neighbours,
  ): Promise<void> => {
    const batch = queries.length / d;
    const found: Candidate[][] = await candidates(queries, parts, k + TIE_SLACK);
    for (let i = 0; i < batch; i++) {
      if (isZero(queries, i, d)) continue;
      let best = found[i] ?? [];
      // Equal scores that reach past what was asked for: which of them come first is only known when all are seen.
      for (let wanted = 4 * (k + TIE_SLACK); tieIsOpen(best, k, wanted / 4); wanted *= 4) {
        best = (await candidates(queries.subarray(i * d, (i + 1) * d), parts, wanted))[0] ?? [];
      }
      best.sort((a, b) => b.score - a.score || compare(a.slot, b.slot));
      writeRow(result, firstRow + i, best, k);
    }
  };

  /** A query without direction is equally far from everything: the first k in order, at similarity 0. */
  const searchNothing = (bitmap: Uint8Array, allowed: number, k: number): Candidate[] => {
    const slots = new Int32Array(allowed);
    let filled = 0;
    for (let slot = 0; slot < bitmap.length; slot++) if (bitmap[slot] === 1) slots[filled++] = slot;
    slots.sort(compare);
    return Array.from(slots.subarray(0, k), (slot) => ({ slot, score: 0 }));
  };

  const candidates = async (
    queries: Float32Array,
    parts: readonly Part[],
    k: number,
  ): Promise<Candidate[][]> => {
    const batch = queries.length / d;
    const found: Candidate[][] = Array.from({ length: batch }, () => []);
    const matrix = atLeastTwo(queries, d);
    for (const part of parts) {
      const width = Math.min(k, part.padded);
      const rows = { data: part.rows, rows: part.padded, columns: d };
      const { values, columns } = await nearest(matrix, rows, part.bias, width);
      for (let i = 0; i < batch; i++) {
        const list = found[i];
        for (let j = i * width; j < (i + 1) * width; j++) {
          const score = values[j] ?? -Infinity;
          if (score === -Infinity) break;
          list?.push({ slot: part.slotAt(Number(columns[j])), score });
        }
      }
    }
    if (parts.length > 1) for (const list of found) list.sort((a, b) => b.score - a.score);
    return found;
  };

  return {
    kind: "exact",
    dimension: d,
    size: () => slots - removed,
    add,
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

/** A lone query goes through the kernel twice, for the kernel rounds one row otherwise than it does many. */
const atLeastTwo = (queries: Float32Array, d: number) => {
  if (queries.length > d) return { data: queries, rows: queries.length / d, columns: d };
  const data = new Float32Array(2 * d);
  data.set(queries);
  data.set(queries, d);
  return { data, rows: 2, columns: d };
};

const isZero = (rows: Float32Array, row: number, d: number): boolean => {
  for (let i = row * d; i < (row + 1) * d; i++) if (rows[i] !== 0) return false;
  return true;
};

const zeroRows = (rows: Float32Array, d: number): number[] =>
  Array.from({ length: rows.length / d }, (_, row) => row).filter((row) => isZero(rows, row, d));

const writeRow = (result: Neighbours, row: number, best: readonly Candidate[], k: number): void => {
  const at = row * result.width;
  const found = Math.min(k, best.length);
  for (let j = 0; j < found; j++) {
    result.slots[at + j] = best[j]?.slot ?? -1;
    result.scores[at + j] = best[j]?.score ?? 0;
  }
  result.counts[row] = found;
};

/** Whether the last of the k and the last that was seen are tied, so that there may be more like them. */
const tieIsOpen = (best: readonly Candidate[], k: number, asked: number): boolean =>
  best.length >= asked && best[k - 1]?.score === best[asked - 1]?.score;

const roundUp = (rows: number): number =>
  Math.max(ROW_MULTIPLE, Math.ceil(rows / ROW_MULTIPLE) * ROW_MULTIPLE);

const grown = (bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> => {
  if (length <= bytes.length) return bytes;
  const larger = new Uint8Array(Math.max(length, 2 * bytes.length));
  larger.set(bytes);
  return larger;
};

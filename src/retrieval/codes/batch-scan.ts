import { selectionFor } from "../selection.ts";
import { createTopK, emptyNeighbours } from "../top-k.ts";
import type { BatchMemory } from "./batch-memory.ts";
import type { BatchProducts } from "./batch-products.ts";
import { settleLast } from "./code-candidates.ts";
import { codeQuery, type CodedQuery } from "./coding.ts";
import { EXTENT_ROWS, EXTENT_SHIFT } from "./layout.ts";
import type { Segment } from "./segment.ts";

/** The part of a batch that one thread reads: all queries over the positions `from` to `to`. */
export interface BatchPart {
  /** `[queries, dimension]` */
  readonly queries: Float32Array;
  readonly dimension: number;
  /** The slot of position 0. */
  readonly firstSlot: number;
  /** Whether rows are multiplied in float32, not their codes. */
  readonly floats: boolean;
  /** Candidates that are wanted for each query, of all parts together. */
  readonly wanted: number;
  /** Rows that may be found, in all parts together. */
  readonly allowed: number;
  readonly from: number;
  readonly to: number;
  /** One byte per position: 1 if it may be found. Absent: all may be. */
  readonly allow?: Uint8Array | undefined;
  /** For tests: added to the thresholds taken from a sample. */
  readonly raise?: number | undefined;
}

/** The candidates of a part, query after query, by codes: each the best of the part, in no order. */
export interface BatchCandidates {
  readonly counts: Int32Array;
  /** Where each query's candidates begin. */
  readonly starts: Int32Array;
  readonly positions: Int32Array;
  /** In units of the query's code. */
  readonly scores: Float32Array;
  /** For each query the score below which the part was not looked at. */
  readonly thresholds: Float32Array;
}

/** Pairs beside twice the wanted that a region holds. */
export const SPARE = 1_024;
/** Keeping a pair and dropping it later takes as long as scoring so many rows of a sample. */
const ROWS_A_PAIR = 7;
const SAMPLE = { least: 2_048, most: 32_768, share: 1 / 8, together: 8 } as const;

/** What a thread needs to answer its part of a batch. */
export interface BatchTools {
  readonly memory: (columns: number, capacity: number) => BatchMemory;
  readonly products: BatchProducts;
}

/**
 * Scores all rows of a part for all queries by products, and chooses the best by thresholds that begin with those of a
 * sample. Those can be too high: who merges the parts must check.
 */
export const scanBatch = async (
  segment: Segment,
  part: BatchPart,
  { memory, products }: BatchTools,
): Promise<BatchCandidates> => {
  const { queries, dimension, wanted, from, to, allow } = part;
  const count = queries.length / dimension;
  const coded = Array.from({ length: count }, (_, i) =>
    codeQuery(queries.subarray(i * dimension, (i + 1) * dimension)),
  );
  const columns = Math.ceil(count / 4) * 4;
  const capacity = 2 * wanted + SPARE;
  const bytes = bytesOf(coded, segment.stride, columns);
  const own = memory(columns, capacity);
  const shape = (rows: number) => ({ rows, stride: segment.stride, columns });

  const first = await sampleThresholds(segment, part, count, async (codes, rows) => {
    await products.multiply(codes, bytes, own.products.subarray(0, rows * columns), shape(rows));
    return { products: own.products, columns };
  });
  own.thresholds.fill(Infinity);
  own.thresholds.set(first);
  own.regions.forEach(({ address }, query) => {
    own.next[query] = address;
    own.limits[query] = address + 8 * capacity;
  });
  const prune = createPruning(own, wanted, capacity, allow);

  const extents = segment.extents(to);
  for (let position = from; position < to;) {
    const extent = extents[position >>> EXTENT_SHIFT];
    if (extent === undefined) throw new RangeError(`there is no position ${position}`);
    const within = position & (EXTENT_ROWS - 1);
    const rows = Math.min(to - position, EXTENT_ROWS - within);
    const { stride } = segment;
    const codes = extent.codes.subarray(within * stride, (within + rows) * stride);
    await products.multiply(codes, bytes, own.products.subarray(0, rows * columns), shape(rows));
    own.scales.set(extent.scales.subarray(within, within + rows));
    for (let done = 0; done < rows;) {
      done += own.kernels.choose(
        4 * done * columns,
        rows - done,
        columns,
        own.scales.byteOffset + 4 * done,
        own.thresholds.byteOffset,
        own.next.byteOffset,
        own.limits.byteOffset,
        position + done,
      );
      for (let query = 0; query < count; query++)
        if ((own.next[query] ?? 0) >= (own.limits[query] ?? 0)) prune(query, true);
    }
    position += rows;
  }
  return takeCandidates(count, first, prune);
};

/** The queries' bytes in columns, `[stride, columns]`. */
const bytesOf = (coded: readonly CodedQuery[], stride: number, columns: number): Int8Array<ArrayBuffer> => {
  const bytes = new Int8Array(stride * columns);
  coded.forEach((query, column) => {
    for (let j = 0; j < stride; j++) bytes[j * columns + column] = query.bytes[j] ?? 0;
  });
  return bytes;
};

/**
 * The scores that about `wanted` rows of all parts reach, and some more: the rank in a sample of what is expected there, and
 * three standard deviations.
 */
const sampleThresholds = async (
  segment: Segment,
  { wanted, allowed, from, to, allow, raise = 0 }: BatchPart,
  queries: number,
  multiply: (
    codes: Uint8Array,
    rows: number,
  ) => Promise<{ readonly products: Int32Array; readonly columns: number }>,
): Promise<Float32Array<ArrayBuffer>> => {
  const rows = to - from;
  const thresholds = new Float32Array(queries).fill(-Infinity);
  const { least, most, share, together } = SAMPLE;
  const saved = wanted * Math.log(Math.max(1, rows / wanted));
  const wished = Math.max(least, (16 * allowed) / wanted);
  const size = Math.min(most, rows * share, ROWS_A_PAIR * saved, wished);
  const groups = Math.floor(size / together);
  const { stride } = segment;
  const codes = new Uint8Array(EXTENT_ROWS * stride);
  const scales = new Float32Array(EXTENT_ROWS);
  const extents = segment.extents(to);
  const expected =
    (wanted / allowed) * groups * together * (allow === undefined ? 1 : allowed / allow.length);
  const rank = Math.ceil(expected + 3 * Math.sqrt(expected) + 2);
  if (groups === 0 || rank >= groups * together) return thresholds;
  const best = createTopK(queries, rank, (a, b) => a - b);
  const sampled = new Int32Array(queries);
  let filled = 0;
  const flush = async (): Promise<void> => {
    const { products, columns } = await multiply(codes.subarray(0, filled * stride), filled);
    for (let row = 0; row < filled; row++) {
      const scale = scales[row] ?? NaN;
      for (let query = 0; query < queries; query++) {
        const score = Math.fround(scale * Math.fround(products[row * columns + query] ?? 0));
        if (!(score >= (best.thresholds[query] ?? 0))) continue;
        best.offer(query, row, score);
        sampled[query] = (sampled[query] ?? 0) + 1;
      }
    }
    filled = 0;
  };
  for (let group = 0; group < groups; group++) {
    // Groups begin at multiples of eight, so that none goes over the end of an extent.
    const at = from + Math.floor(((rows - together) * group) / groups / together) * together;
    for (let position = at; position < at + together; position++) {
      if (allow !== undefined && allow[position] !== 1) continue;
      const extent = extents[position >>> EXTENT_SHIFT];
      const within = position & (EXTENT_ROWS - 1);
      if (extent === undefined) continue;
      codes.set(extent.codes.subarray(within * stride, (within + 1) * stride), filled * stride);
      scales[filled++] = extent.scales[within] ?? NaN;
    }
    if (filled + together > EXTENT_ROWS) await flush();
  }
  if (filled > 0) await flush();
  const found = emptyNeighbours(queries, rank);
  for (let query = 0; query < queries; query++) {
    best.write(query, found, query);
    if ((sampled[query] ?? 0) >= rank)
      thresholds[query] = (found.scores[query * rank + rank - 1] ?? -Infinity) + raise;
  }
  return thresholds;
};

/** Drops from a query's region what may not be found, and with `select` all but the wanted best where it has more. */
export const createPruning = (
  own: BatchMemory,
  wanted: number,
  capacity: number,
  allow: Uint8Array | undefined,
) => {
  const selection = selectionFor(capacity);
  const slots = new Int32Array(capacity);
  const values = new Float32Array(capacity);
  return (query: number, isFull: boolean): { positions: Int32Array; scores: Float32Array } => {
    const region = own.regions[query];
    if (region === undefined) throw new RangeError(`there is no query ${query}`);
    const pairs = ((own.next[query] ?? 0) - region.address) / 8;
    let count = 0;
    for (let i = 0; i < 2 * pairs; i += 2) {
      const position = region.positions[i] ?? 0;
      if (allow !== undefined && allow[position] !== 1) continue;
      slots[count] = position;
      values[count++] = region.scores[i + 1] ?? 0;
    }
    if (count > wanted) {
      const considered = selection.moveBestFirst(values, slots, 0, count, wanted);
      own.thresholds[query] = settleLast(values, slots, wanted, considered);
      count = wanted;
    }
    if (isFull) {
      for (let i = 0; i < count; i++) {
        region.positions[2 * i] = slots[i] ?? 0;
        region.scores[2 * i + 1] = values[i] ?? 0;
      }
      own.next[query] = region.address + 8 * count;
    }
    return { positions: slots.subarray(0, count), scores: values.subarray(0, count) };
  };
};

export const takeCandidates = (
  count: number,
  first: Float32Array,
  prune: ReturnType<typeof createPruning>,
): BatchCandidates => {
  const found = Array.from({ length: count }, (_, query) => {
    const { positions, scores } = prune(query, false);
    return { positions: positions.slice(), scores: scores.slice() };
  });
  const starts = new Int32Array(count);
  let total = 0;
  found.forEach(({ positions }, query) => {
    starts[query] = total;
    total += positions.length;
  });
  const candidates: BatchCandidates = {
    counts: Int32Array.from(found, ({ positions }) => positions.length),
    starts,
    positions: new Int32Array(new SharedArrayBuffer(4 * total)),
    scores: new Float32Array(new SharedArrayBuffer(4 * total)),
    thresholds: first,
  };
  found.forEach(({ positions, scores }, query) => {
    candidates.positions.set(positions, starts[query]);
    candidates.scores.set(scores, starts[query]);
  });
  return candidates;
};

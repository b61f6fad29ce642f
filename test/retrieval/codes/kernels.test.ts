import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codeQuery, writeQuery, type CodedQuery } from "../../../src/retrieval/codes/coding.ts";
import {
  hasRelaxedSimd,
  openBatchKernels,
  openFloatKernels,
  openScanKernels,
} from "../../../src/retrieval/codes/kernels.ts";
import { AREA, BLOCK_ROWS, strideOf } from "../../../src/retrieval/codes/layout.ts";
import { createSegment, type Segment } from "../../../src/retrieval/codes/segment.ts";
import { normals, seededRandom } from "../../support/random.ts";

const KERNELS = [true, false].filter((relaxed) => !relaxed || hasRelaxedSimd());
const DIMENSIONS = [1, 16, 64, 100, 512, 513, 2_304];

/** A segment whose codes are given, with scale 1, so that scores are the integers. */
const segmentOf = (dimension: number, rows: readonly (readonly number[])[]): Segment => {
  const segment = createSegment(dimension);
  rows.forEach((codes, position) => {
    if (position % BLOCK_ROWS === 0) segment.addBlock();
    segment.write(position, position, new Float32Array(dimension), 0);
    const [extent] = segment.extents(rows.length);
    extent?.codes.set(codes, position * segment.stride);
    if (extent !== undefined) extent.scales[position] = 1;
  });
  return segment;
};

const queryOf = (bytes: readonly number[], dimension: number): CodedQuery => {
  const padded = new Int8Array(strideOf(dimension));
  padded.set(bytes);
  return {
    bytes: padded,
    scale: 1,
    error: 0,
    norm: 1,
    start: -64 * bytes.reduce((sum, value) => sum + value, 0),
  };
};

const pairsOf = (buffer: ArrayBufferLike, from: number, to: number): [number, number][] =>
  Array.from({ length: (to - from) / 8 }, (_, i) => [
    new Uint32Array(buffer)[from / 4 + 2 * i] ?? 0,
    new Float32Array(buffer)[from / 4 + 2 * i + 1] ?? 0,
  ]);

/** What a kernel finds: the scan of all rows, or of those at `positions`. */
const found = (
  segment: Segment,
  query: CodedQuery,
  options: {
    relaxed: boolean;
    rows: number;
    threshold?: number;
    positions?: readonly number[];
    room?: number;
  },
) => {
  const { relaxed, rows, threshold = -Infinity, positions, room = AREA.pairsCapacity } = options;
  const { scan, scanList } = openScanKernels(segment.handle.memory, segment.stride, relaxed);
  const buffer = segment.buffer();
  writeQuery(query, buffer, AREA.query, relaxed);
  const words = new Uint32Array(buffer);
  words[AREA.region / 4] = AREA.region + 16;
  const limit = AREA.region + 16 + 8 * room;
  const [extent] = segment.extents(rows);
  if (positions !== undefined) words.set(positions, AREA.positions / 4);
  const done =
    positions === undefined
      ? scan(extent?.codesAt ?? 0, extent?.scalesAt ?? 0, rows, 0, AREA.query, AREA.region, limit, threshold)
      : scanList(segment.base, AREA.positions, positions.length, AREA.query, AREA.region, limit, threshold);
  return { done, pairs: pairsOf(buffer, AREA.region + 16, words[AREA.region / 4] ?? 0) };
};

const integer = (codes: readonly number[], bytes: readonly number[]): number =>
  codes.reduce((sum, code, j) => sum + (code - 64) * (bytes[j] ?? 0), 0);

describe.each(KERNELS)("the scan kernel with relaxed SIMD %s", (relaxed) => {
  test.each(DIMENSIONS)("gives a plain loop's integers on random rows of %i codes", (dimension) => {
    const random = seededRandom(dimension);
    const codes = Array.from({ length: 128 }, () =>
      Array.from({ length: dimension }, () => 1 + Math.floor(random() * 127)),
    );
    const bytes = Array.from({ length: dimension }, () => Math.floor(random() * 255) - 127);
    const segment = segmentOf(dimension, codes);
    const query = queryOf(bytes, dimension);
    const expected = codes.map((row, i) => [i, Math.fround(integer(row, bytes))]);
    expect(found(segment, query, { relaxed, rows: 128 }).pairs).toEqual(expected);
    const positions = [127, 3, 64, 3];
    expect(found(segment, query, { relaxed, rows: 128, positions }).pairs).toEqual(
      positions.map((position) => expected[position]),
    );
  });

  test.each([
    [1, -128],
    [127, -128],
    [1, 127],
    [127, 127],
    [127, -127],
  ])("gives a plain loop's integers where all codes are %i and all bytes %i", (code, byte) => {
    for (const dimension of DIMENSIONS) {
      const codes = Array.from({ length: 64 }, () => new Array<number>(dimension).fill(code));
      const bytes = new Array<number>(dimension).fill(byte);
      const { pairs } = found(segmentOf(dimension, codes), queryOf(bytes, dimension), { relaxed, rows: 64 });
      expect(new Set(pairs.map(([, score]) => score))).toEqual(
        new Set([Math.fround(integer(codes[0] ?? [], bytes))]),
      );
    }
  });

  test("passes over erased and unfilled places whatever the threshold", () => {
    const segment = segmentOf(
      16,
      Array.from({ length: 6 }, () => new Array<number>(16).fill(100)),
    );
    segment.erase(2);
    const query = queryOf(new Array<number>(16).fill(1), 16);
    const all = found(segment, query, { relaxed, rows: 64 }).pairs.map(([position]) => position);
    expect(all).toEqual([0, 1, 3, 4, 5]);
    const listed = found(segment, query, { relaxed, rows: 64, positions: [2, 5, 40] }).pairs;
    expect(listed.map(([position]) => position)).toEqual([5]);
  });

  test("drops scores below the threshold and stops where its region is full", () => {
    const rows = Array.from({ length: 64 }, (_, i) => new Array<number>(16).fill(64 + (i % 8)));
    const segment = segmentOf(16, rows);
    const query = queryOf(new Array<number>(16).fill(1), 16);
    const passed = found(segment, query, { relaxed, rows: 64, threshold: 16 * 6 }).pairs;
    expect(passed.map(([position]) => position % 8)).toEqual(
      Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? 6 : 7)),
    );
    expect(found(segment, query, { relaxed, rows: 64, room: 10 })).toMatchObject({ done: 8 });
  });
});

test("the kernels agree on coded vectors, with the scale and without a difference in bits", () => {
  const random = seededRandom(7);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 600 }), (dimension) => {
      const segment = createSegment(dimension);
      segment.addBlock();
      const rows = normals(64 * dimension, random);
      for (let i = 0; i < 64; i++) segment.write(i, i, rows, i * dimension);
      const query = codeQuery(normals(dimension, random));
      const [first, ...others] = KERNELS.map((relaxed) => found(segment, query, { relaxed, rows: 64 }).pairs);
      for (const other of others) expect(other).toEqual(first);
    }),
    { numRuns: 30 },
  );
});

test("the float32 kernel multiplies and adds without fusing, in four accumulators of four lanes", () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 16, shared: true });
  const floats = 48;
  const random = seededRandom(3);
  const numbers = normals(4 * floats, random);
  new Float32Array(memory.buffer, 1_024, 4 * floats).set(numbers);
  const addresses = [1, 3, 2].map((row) => 1_024 + 4 * floats * row);
  new Uint32Array(memory.buffer, 0, 3).set(addresses);
  openFloatKernels(memory).dots(0, 3, 1_024, floats, 64);
  const expected = [1, 3, 2].map((row) => {
    const sums = new Float32Array(16);
    for (let j = 0; j < floats; j++) {
      const product = Math.fround((numbers[j] ?? 0) * (numbers[row * floats + j] ?? 0));
      sums[j % 16] = (sums[j % 16] ?? 0) + product;
    }
    const at = (i: number): number => sums[i] ?? 0;
    const lanes = [0, 1, 2, 3].map((i) =>
      Math.fround(Math.fround(at(i) + at(4 + i)) + Math.fround(at(8 + i) + at(12 + i))),
    );
    const [a = 0, b = 0, c = 0, d = 0] = lanes;
    return Math.fround(Math.fround(a + c) + Math.fround(b + d));
  });
  expect([...new Float32Array(memory.buffer, 64, 3)]).toEqual(expected);
});

test("the choice kernel appends what reaches each query's threshold and stops after a row that fills a region", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const [rows, queries] = [6, 4];
  const ints = new Int32Array(memory.buffer);
  const numbers = new Float32Array(memory.buffer);
  const products = [5, 1, 9, 0, 6, 2, 9, 0, 7, 3, 9, 0, 8, 4, 9, 0, 9, 5, 9, 0, 1, 9, 9, 0];
  ints.set(products, 256);
  numbers.set([1, 1, 2, NaN, 1, 1], 64);
  numbers.set([6, 3, 100, Infinity], 80);
  const regions = [8_192, 10_240, 12_288, 14_336];
  ints.set(regions, 84);
  ints.set([8_192 + 8 * 3, 20_000, 20_000, 20_000], 88);
  const done = openBatchKernels(memory).choose(1_024, rows, queries, 256, 320, 336, 352, 40);
  expect(done).toBe(5);
  const pairs = regions.map((region, i) => pairsOf(memory.buffer, region, ints[84 + i] ?? 0));
  expect(pairs).toEqual([
    [
      [41, 6],
      [42, 14],
      [44, 9],
    ],
    [
      [42, 6],
      [44, 5],
    ],
    [],
    [],
  ]);
});

test("the argmax kernel finds the first of the greatest numbers of each row", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const random = seededRandom(11);
  const [rows, columns] = [20, 24];
  const numbers = Int32Array.from({ length: rows * columns }, () => Math.floor(random() * 40) - 20);
  new Int32Array(memory.buffer, 4_096, numbers.length).set(numbers);
  openBatchKernels(memory).argmax(4_096, rows, columns, 0);
  const expected = Array.from({ length: rows }, (_, row) => {
    const own = [...numbers.subarray(row * columns, (row + 1) * columns)];
    return own.indexOf(Math.max(...own));
  });
  expect([...new Int32Array(memory.buffer, 0, rows)]).toEqual(expected);
});

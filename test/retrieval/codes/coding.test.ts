import fc from "fast-check";
import { expect, test } from "vitest";
import { codeQuery, errorStep, scoreBound } from "../../../src/retrieval/codes/coding.ts";
import { createSegment, openSegment } from "../../../src/retrieval/codes/segment.ts";
import { unitRows } from "../../../src/retrieval/index.ts";

const vector = (dimension: number): fc.Arbitrary<number[]> =>
  fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: dimension, maxLength: dimension });

const unit = (values: readonly number[]): Float32Array => unitRows(Float32Array.from(values), values.length);

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

const pairs = fc
  .integer({ min: 1, max: 64 })
  .chain((dimension) => fc.tuple(vector(dimension), vector(dimension)));

test("a score by codes is never further from the true score than the bound", () => {
  fc.assert(
    fc.property(pairs, ([values, other]) => {
      const [row, query] = [unit(values), unit(other)];
      const dimension = row.length;
      const segment = createSegment(dimension);
      segment.addBlock();
      segment.write(0, 0, row, 0);
      const [extent] = segment.extents(1);
      const coded = codeQuery(query);
      const levels = Array.from(row, (_, j) => (extent?.codes[j] ?? 0) - 64);
      const score = coded.scale * (extent?.scales[0] ?? NaN) * dot(levels, coded.bytes);
      const error = (extent?.errors[0] ?? 0) * errorStep(dimension);
      expect(Math.abs(score - dot(row, query))).toBeLessThanOrEqual(scoreBound(coded, error, dimension));
    }),
    { numRuns: 300 },
  );
});

test("codes are from 1 to 127, padding is 64, and a zero row has scale 0", () => {
  const segment = createSegment(3);
  segment.addBlock();
  segment.write(0, 5, unit([1, -1, 0.25]), 0);
  segment.write(1, 6, new Float32Array(3), 0);
  const [extent] = segment.extents(2);
  expect([...(extent?.codes.subarray(0, 16) ?? [])]).toEqual([127, 1, 80, ...new Array<number>(13).fill(64)]);
  expect([...(extent?.codes.subarray(16, 32) ?? [])]).toEqual(new Array<number>(16).fill(64));
  expect([...(extent?.scales.subarray(1, 4) ?? [])]).toEqual([0, NaN, NaN]);
  expect([...(extent?.slots.subarray(0, 2) ?? [])]).toEqual([5, 6]);
});

test("erasing a row overwrites its code, scale, slot and error", () => {
  const segment = createSegment(16);
  segment.addBlock();
  segment.write(3, 9, unit(Array.from({ length: 16 }, (_, j) => j - 7)), 0);
  segment.erase(3);
  const [extent] = segment.extents(4);
  expect(extent?.codes.subarray(48, 64).every((code) => code === 64)).toBe(true);
  expect([extent?.scales[3], extent?.slots[3], extent?.errors[3]]).toEqual([NaN, -1, 0]);
});

test("a segment grows by extents, and who opened it before sees them", () => {
  const segment = createSegment(16);
  const other = openSegment(segment.handle);
  for (let block = 0; block < 65; block++) expect(segment.addBlock()).toBe(block);
  segment.write(4_100, 1, unit(new Array<number>(16).fill(1)), 0);
  const extent = other.extents(4_101)[1];
  expect(extent?.slots[4]).toBe(1);
  expect(extent?.codes[4 * 16]).toBe(127);
  expect(() => other.extents(9_000)).toThrow("positions");
  expect(() => segment.write(4_160, 1, new Float32Array(16), 0)).toThrow("no position 4160");
});

import { expect, test } from "vitest";
import { buildLists } from "../../../src/retrieval/partitions/build-lists.ts";
import { listCountFor } from "../../../src/retrieval/partitions/list-count.ts";
import type { Clustering } from "../../../src/retrieval/partitions/types.ts";
import { clusteredRows, codedRows } from "./coded-rows.ts";

const DIMENSION = 40;

const sizesOf = ({ lists, starts }: Clustering): number[] =>
  Array.from({ length: lists }, (_, list) => (starts[list + 1] ?? 0) - (starts[list] ?? 0));

const dot = (rows: Float32Array, row: number, { centroids }: Clustering, list: number): number => {
  let sum = 0;
  for (let i = 0; i < DIMENSION; i++)
    sum += (rows[row * DIMENSION + i] ?? 0) * (centroids[list * DIMENSION + i] ?? 0);
  return sum;
};

test("the number of lists is the power of two next to four times the root of the rows, at least 256", () => {
  expect([100, 4_000, 30_000, 100_000, 1_000_000, 10_000_000].map(listCountFor)).toEqual([
    256, 256, 512, 1_024, 4_096, 16_384,
  ]);
});

test("clustering puts every row into exactly one list and splits lists above twice the mean", async () => {
  const rows = clusteredRows(6_000, DIMENSION, 30);
  const found = await buildLists(codedRows(rows, DIMENSION));
  expect([...found.order].sort((a, b) => a - b)).toEqual(Array.from({ length: 6_000 }, (_, row) => row));
  expect(found.starts[found.lists]).toBe(6_000);
  expect(Math.max(...sizesOf(found))).toBeLessThanOrEqual((2 * 6_000) / 256);
  expect(Math.min(...sizesOf(found))).toBeGreaterThan(0);
});

test("clustering puts rows near their centroids, and says how near", async () => {
  const rows = clusteredRows(6_000, DIMENSION, 30);
  const found = await buildLists(codedRows(rows, DIMENSION));
  const sizes = sizesOf(found);
  let [own, others] = [0, 0];
  for (let list = 0; list < found.lists; list++) {
    let sum = 0;
    for (let i = found.starts[list] ?? 0; i < (found.starts[list + 1] ?? 0); i++) {
      const along = dot(rows, found.order[i] ?? 0, found, list);
      sum += along;
      others += dot(rows, found.order[i] ?? 0, found, (list + 7) % found.lists);
    }
    expect(sum / (sizes[list] ?? 1)).toBeCloseTo(found.alignment[list] ?? 0, 1);
    own += sum;
  }
  expect(own / 6_000).toBeGreaterThan(0.7);
  expect(own).toBeGreaterThan(2 * others);
});

test("the same rows and number of threads give the same lists", async () => {
  const rows = codedRows(clusteredRows(3_000, DIMENSION, 10), DIMENSION);
  const [one, other] = [await buildLists(rows, { threads: 2 }), await buildLists(rows, { threads: 2 })];
  expect(other.order).toEqual(one.order);
  expect(other.centroids).toEqual(one.centroids);
});

test("equal rows are split into lists, too", async () => {
  const rows = new Float32Array(2_000 * DIMENSION);
  for (let row = 0; row < 2_000; row++) rows[row * DIMENSION] = 1;
  const found = await buildLists(codedRows(rows, DIMENSION));
  expect(found.order.length).toBe(2_000);
  expect(Math.max(...sizesOf(found))).toBeLessThanOrEqual((2 * 2_000) / 256);
});

test("zero rows are kept, and erased rows are in no list", async () => {
  const rows = clusteredRows(1_000, DIMENSION, 10);
  rows.fill(0, 5 * DIMENSION, 6 * DIMENSION);
  const coded = codedRows(rows, DIMENSION);
  const [run] = coded.runs;
  if (run !== undefined) new Float32Array(coded.buffer, run.scales, run.rows)[7] = NaN;
  const found = await buildLists(coded);
  expect(found.order.length).toBe(999);
  expect(found.order).toContain(5);
  expect(found.order).not.toContain(7);
  expect(found.centroids.every(Number.isFinite)).toBe(true);
});

test("fewer rows than lists have a list each at most", async () => {
  const found = await buildLists(codedRows(clusteredRows(100, DIMENSION, 3), DIMENSION));
  expect([...found.order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, row) => row));
  expect(found.lists).toBeLessThanOrEqual(100);
});

test("an aborted clustering ends with the signal's reason", async () => {
  const stop = new AbortController();
  const rows = codedRows(clusteredRows(20_000, DIMENSION, 30), DIMENSION);
  const reason = new Error("stopped");
  const found = buildLists(rows, { signal: stop.signal, onProgress: () => stop.abort(reason) });
  await expect(found).rejects.toBe(reason);
});

test("progress grows up to the total", async () => {
  const steps: [number, number][] = [];
  const onProgress = (done: number, total: number): void => void steps.push([done, total]);
  await buildLists(codedRows(clusteredRows(3_000, DIMENSION, 10), DIMENSION), { onProgress });
  const [done, total] = steps.at(-1) ?? [];
  expect(done).toBe(total);
  expect(steps.map(([first]) => first)).toEqual(steps.map(([first]) => first).sort((a, b) => a - b));
});

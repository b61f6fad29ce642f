import { expect, test, vi } from "vitest";
import type {
  MeasuredPartitions,
  PartitionCurve,
} from "../../../src/retrieval/partitions/partition-curve.ts";
import { hasFallen, partitionEffortAt } from "../../../src/retrieval/partitions/partition-curve.ts";
import type { PartitionIndex } from "../../../src/retrieval/partitions/partition-index.ts";
import { createPartitionRecall } from "../../../src/retrieval/partitions/partition-recall.ts";

const COUNT = 1_000;

/** Partitions that find the given share of the neighbours. */
const measured = (share: number): MeasuredPartitions => {
  const neighbours = (k: number, found: number) => ({
    width: k,
    counts: Int32Array.of(found),
    slots: Int32Array.from({ length: k }, (_, i) => -2 - i),
    scores: new Float32Array(k).fill(0.5),
  });
  return {
    dimension: 2,
    lists: 256,
    slots: Array.from({ length: COUNT }, (_, slot) => slot),
    row: () => Float32Array.of(1, 0),
    exact: (queries, k) => {
      const batch = queries.length / 2;
      const all = neighbours(batch * k, batch * k);
      return Promise.resolve({ ...all, width: k, counts: new Int32Array(batch).fill(k) });
    },
    approximate: (_, k) =>
      Promise.resolve({ neighbours: neighbours(k, Math.floor(share * k)), rows: 10, lists: 1 }),
  };
};

const stub = (savedCurve: PartitionCurve | null = null) => {
  let builds = 1;
  const index: PartitionIndex = {
    dimension: 2,
    add: () => undefined,
    isReady: () => true,
    ready: () => Promise.resolve(),
    contents: () => ({ lists: 256, rows: COUNT, done: 1 }),
    search: () => Promise.reject(new Error("not asked")),
    builds: () => builds,
    isClosed: () => false,
    savedCurve,
    rebuild: vi.fn(() => {
      builds++;
    }),
    saved: () => undefined,
    close: () => undefined,
  };
  return index;
};

const curveAfter = async (
  recall: ReturnType<typeof createPartitionRecall>,
  index: PartitionIndex,
  changes: number,
  share: number,
): Promise<PartitionCurve | undefined> => {
  const before = recall.of(index, changes, () => measured(share));
  await vi.waitFor(() => expect(recall.of(index, changes, () => measured(share))).not.toBe(before), 5_000);
  return recall.of(index, changes, () => measured(share));
};

test("recall is measured once, and again after an eighth of the anchors have changed", async () => {
  const recall = createPartitionRecall((error) => expect.fail(String(error)));
  const index = stub();
  const first = await curveAfter(recall, index, 0, 1);
  expect(first?.points[0]).toMatchObject({ k: 10, effort: 0, recall: 1 });
  expect(recall.of(index, COUNT / 8, () => expect.fail("measured again"))).toBe(first);
  const second = await curveAfter(recall, index, COUNT / 8 + 1, 1);
  expect(second).not.toBe(first);
  expect(index.rebuild).not.toHaveBeenCalled();
});

test("partitions whose recall has fallen are built anew", async () => {
  const recall = createPartitionRecall((error) => expect.fail(String(error)));
  const index = stub();
  await curveAfter(recall, index, 0, 1);
  await curveAfter(recall, index, COUNT, 0.9);
  expect(index.rebuild).toHaveBeenCalledTimes(1);
  recall.close();
});

test("a fall within the interval of the earlier measurement is no reason to build anew", () => {
  const point = { k: 10, effort: 0, rows: 10, lists: 1, ms: 0.1 };
  const curve = (recall: number, low: number): PartitionCurve => ({
    dimension: 2,
    lists: 256,
    anchors: COUNT,
    points: [{ ...point, recall, low }],
  });
  expect(hasFallen(curve(0.99, 0.98), curve(0.983, 0.97))).toBe(false);
  expect(hasFallen(curve(0.99, 0.988), curve(0.986, 0.98))).toBe(false);
  expect(hasFallen(curve(0.99, 0.988), curve(0.984, 0.98))).toBe(true);
});

test("a saved measurement holds for the saved lists alone", () => {
  const curve = { dimension: 2, lists: 256, anchors: COUNT, points: [] };
  const recall = createPartitionRecall((error) => expect.fail(String(error)));
  const saved: PartitionIndex = { ...stub(curve), builds: () => 0 };
  expect(recall.last(saved)).toBe(curve);
  expect(recall.of(saved, 5, () => expect.fail("measured"))).toBe(curve);
  expect(recall.last(stub(curve))).toBeNull();
});

test("what an effort reads is interpolated between the measured k, by their logarithm", () => {
  const point = { effort: 2, recall: 1, low: 1, lists: 4 };
  const curve: PartitionCurve = {
    dimension: 2,
    lists: 256,
    anchors: COUNT,
    points: [
      { ...point, k: 10, rows: 100, ms: 1 },
      { ...point, k: 1_000, rows: 300, ms: 3 },
    ],
  };
  expect(partitionEffortAt(curve, 100, 2)).toMatchObject({ rows: 200, ms: 2 });
  expect(partitionEffortAt(curve, 5, 2)).toMatchObject({ rows: 100 });
  expect(partitionEffortAt(curve, 1_001, 2)).toBeUndefined();
});

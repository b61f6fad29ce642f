import { expect, test } from "vitest";
import { createFlatIndex, RECALL_TARGET } from "../../../src/retrieval/index.ts";
import { EFFORTS } from "../../../src/retrieval/partitions/efforts.ts";
import { measurePartitions, partitionPointFor } from "../../../src/retrieval/partitions/partition-curve.ts";
import {
  createPartitionIndex,
  type PartitionIndex,
  type SavedLists,
} from "../../../src/retrieval/partitions/partition-index.ts";
import { naiveNearest } from "../../support/naive-index.ts";
import { seededRandom } from "../../support/random.ts";
import { ascending, hitsOf } from "../indexes.ts";
import { clusteredRows } from "./coded-rows.ts";

const DIMENSION = 40;
const ALL = EFFORTS.length - 1;

/** Partitions over rows, and the same rows for a plain loop. */
const open = (rows: Float32Array, count: number, live: Uint8Array, saved?: SavedLists) => {
  const row = (slot: number): Float32Array => rows.subarray(slot * DIMENSION, (slot + 1) * DIMENSION);
  const failures: unknown[] = [];
  const flat = createFlatIndex({ dimension: DIMENSION, compare: ascending });
  flat.add(0, rows);
  const index = createPartitionIndex({
    dimension: DIMENSION,
    compare: ascending,
    row,
    rows: { score: flat.score, handle: flat.rows },
    isLive: (slot) => live[slot] === 1,
    saved,
    onFailure: (error) => failures.push(error),
  });
  index.add(0, count);
  return { index, row, failures };
};

const everyone = (count: number): Uint8Array => new Uint8Array(count).fill(1);

const expectNearest = async (
  index: PartitionIndex,
  rows: Float32Array,
  query: Float32Array,
  { k, allow, ms = 0 }: { readonly k: number; readonly allow: Uint8Array; readonly ms?: number },
): Promise<void> => {
  const all = Array.from({ length: allow.length }, (_, slot) =>
    rows.subarray(slot * DIMENSION, (slot + 1) * DIMENSION),
  );
  const { neighbours } = await index.search(query, { k, effort: ALL, slotCount: allow.length, allow, ms });
  const expected = naiveNearest(all, query, { k, allowed: (slot) => allow[slot] === 1, compare: ascending });
  expect(hitsOf(neighbours).map(({ slot }) => slot)).toEqual(expected.map(({ slot }) => slot));
};

test("a search through all lists finds what a plain loop finds", async () => {
  const rows = clusteredRows(3_100, DIMENSION, 30);
  const { index } = open(rows, 3_000, everyone(3_000));
  await index.ready();
  for (let i = 3_000; i < 3_010; i++)
    for (const k of [1, 10, 300])
      await expectNearest(index, rows, rows.slice(i * DIMENSION, (i + 1) * DIMENSION), {
        k,
        allow: everyone(3_000),
      });
  index.close();
});

test("a search reads few rows and says how many", async () => {
  const rows = clusteredRows(6_000, DIMENSION, 60);
  const { index } = open(rows, 6_000, everyone(6_000));
  await index.ready();
  const found = await index.search(rows.slice(0, DIMENSION), {
    k: 10,
    effort: 0,
    slotCount: 6_000,
    allow: undefined,
  });
  expect(found.lists).toBe(8);
  expect(found.rows).toBeLessThan(600);
  expect(hitsOf(found.neighbours)[0]?.slot).toBe(0);
  index.close();
});

test("the measured effort holds its recall on clustered vectors", async () => {
  const count = 20_000;
  const rows = clusteredRows(count + 200, DIMENSION, 400);
  const { index, row } = open(rows, count, everyone(count));
  await index.ready();
  const exact = createFlatIndex({ dimension: DIMENSION, compare: ascending });
  exact.add(0, rows.subarray(0, count * DIMENSION));
  const curve = await measurePartitions({
    dimension: DIMENSION,
    lists: index.contents().lists,
    row,
    slots: Array.from({ length: count }, (_, slot) => slot),
    exact: (queries, k) => exact.search(queries, { k }),
    approximate: (query, k, effort) => index.search(query, { k, effort, slotCount: count, allow: undefined }),
  });
  for (const k of [10, 100]) {
    const point = partitionPointFor(curve, k, RECALL_TARGET);
    expect(point, `an effort for k = ${k}`).toBeDefined();
    if (point === undefined) continue;
    const queries = rows.slice(count * DIMENSION);
    const truth = await exact.search(queries, { k });
    const { neighbours } = await index.search(queries, {
      k,
      effort: point.effort,
      slotCount: count,
      allow: undefined,
    });
    let hits = 0;
    for (let i = 0; i < 200; i++) {
      const nearest = new Set(hitsOf(truth, i).map(({ slot }) => slot));
      hits += hitsOf(neighbours, i).filter(({ slot }) => nearest.has(slot)).length;
    }
    expect(hits / (200 * k)).toBeGreaterThanOrEqual(RECALL_TARGET - 0.005);
    expect(point.rows).toBeLessThan(0.4 * count);
  }
  index.close();
});

test("a filter hides rows, however few it lets through", async () => {
  const rows = clusteredRows(2_000, DIMENSION, 30);
  const { index } = open(rows, 2_000, everyone(2_000));
  await index.ready();
  for (const share of [2, 50, 1_000]) {
    const allow = Uint8Array.from({ length: 2_000 }, (_, slot) => Number(slot % share === 1));
    await expectNearest(index, rows, rows.slice(0, DIMENSION), { k: 20, allow });
  }
  index.close();
});

test("rows that are added and deleted are found and hidden at any moment of a random history", async () => {
  for (const seed of [1, 2, 3]) {
    const random = seededRandom(seed);
    const most = 5_000;
    const rows = clusteredRows(most, DIMENSION, 30, seed);
    const live = new Uint8Array(most).fill(1, 0, 1_000);
    let count = 1_000;
    const { index, failures } = open(rows, count, live);
    await index.ready();
    while (count < most) {
      const added = Math.min(most - count, 1 + Math.floor(400 * random()));
      live.fill(1, count, count + added);
      index.add(count, added);
      count += added;
      for (let i = 0; i < 40; i++) live[Math.floor(count * random())] = 0;
      if (random() < 0.2) index.rebuild();
      if (random() < 0.5) await index.ready();
      if (!index.isReady()) continue;
      const query = rows.slice(0, DIMENSION).map(() => random() - 0.5);
      await expectNearest(index, rows, query, { k: 25, allow: live.slice(0, count) });
    }
    await index.ready();
    expect(index.contents().rows).toBeGreaterThan(most / 2);
    expect(failures).toEqual([]);
    index.close();
  }
});

test("lists are built anew once half as many rows were added", async () => {
  const rows = clusteredRows(4_000, DIMENSION, 30);
  const { index } = open(rows, 1_000, everyone(4_000));
  await index.ready();
  const before = index.saved(1_000);
  expect(before?.builtOn).toBe(1_000);
  index.add(1_000, 400);
  await index.ready();
  expect(index.saved(1_400)?.builtOn).toBe(1_000);
  index.add(1_400, 200);
  await index.ready();
  expect(index.saved(1_600)?.builtOn).toBe(1_600);
  index.close();
});

test("saved lists are opened again without a build, with later rows in the lists nearest to them", async () => {
  const rows = clusteredRows(3_000, DIMENSION, 30);
  const first = open(rows, 2_500, everyone(2_500));
  await first.index.ready();
  const saved = first.index.saved(2_500);
  expect(saved).toBeDefined();
  const again = open(rows, 3_000, everyone(3_000), saved);
  await again.index.ready();
  expect(again.index.contents()).toMatchObject({ lists: saved?.lists, rows: 3_000, done: 0 });
  expect(again.index.saved(2_500)).toEqual(saved);
  await expectNearest(again.index, rows, rows.slice(0, DIMENSION), { k: 50, allow: everyone(3_000) });
  first.index.close();
  again.index.close();
});

test("zero vectors and a k above the number of rows are answered", async () => {
  const rows = clusteredRows(300, DIMENSION, 5);
  rows.fill(0, 0, DIMENSION);
  const { index } = open(rows, 300, everyone(300));
  await index.ready();
  const { neighbours } = await index.search(rows.slice(DIMENSION, 2 * DIMENSION), {
    k: 1_000,
    effort: ALL,
    slotCount: 300,
    allow: undefined,
  });
  expect(hitsOf(neighbours)).toHaveLength(300);
  expect(hitsOf(neighbours).find(({ slot }) => slot === 0)?.score).toBe(0);
  index.close();
});

test("a closed index stops its build without a failure", async () => {
  const rows = clusteredRows(20_000, DIMENSION, 30);
  const { index, failures } = open(rows, 20_000, everyone(20_000));
  index.close();
  await index.ready();
  expect(index.isReady()).toBe(false);
  expect(failures).toEqual([]);
});

test("a search on other threads finds the same as one on this thread, for one query and for many", async () => {
  const rows = clusteredRows(3_000, DIMENSION, 30);
  const { index } = open(rows, 3_000, everyone(3_000));
  await index.ready();
  const allow = Uint8Array.from({ length: 2_900 }, (_, slot) => Number(slot % 7 !== 3));
  const queries = rows.slice(0, 21 * DIMENSION);
  for (const effort of [0, 4, ALL]) {
    const part = { k: 40, effort, slotCount: 2_900, allow };
    const here = await index.search(queries, part);
    expect(await index.search(queries, { ...part, ms: 1_000 })).toEqual(here);
    const one = await index.search(queries.subarray(0, DIMENSION), { ...part, ms: 1_000 });
    expect(hitsOf(one.neighbours)).toEqual(hitsOf(here.neighbours));
  }
  index.close();
});

test("a search on other threads finds rows that were added since they opened the lists", async () => {
  const rows = clusteredRows(3_000, DIMENSION, 30);
  const { index } = open(rows, 2_500, everyone(3_000));
  await index.ready();
  const query = rows.slice(2_990 * DIMENSION, 2_991 * DIMENSION);
  await expectNearest(index, rows, query, { k: 20, allow: everyone(2_500), ms: 1_000 });
  index.add(2_500, 500);
  await index.ready();
  await expectNearest(index, rows, query, { k: 20, allow: everyone(3_000), ms: 1_000 });
  index.rebuild();
  await index.ready();
  await expectNearest(index, rows, query, { k: 20, allow: everyone(3_000), ms: 1_000 });
  index.close();
});

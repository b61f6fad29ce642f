import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  chooseIndex,
  closeKernels,
  DEFAULT_COSTS,
  openAnchorSpace,
  useCosts,
  type AnchorSpace,
  type Circumstances,
  type SpaceSearch,
} from "../../../src/retrieval/index.ts";
import type { PartitionCurve } from "../../../src/retrieval/partitions/partition-curve.ts";
import type { AnchorId, Sequence } from "../../../src/types.ts";
import { clusteredRows } from "./coded-rows.ts";

const DIMENSION = 40;
const LIMIT = 2_000;
const COUNT = 3_000;
const profile = { name: "small", metric: "cosine", exactLimit: LIMIT, partitions: true } as const;

const rows = clusteredRows(COUNT + 100, DIMENSION, 40);
const vectorOf = (row: number): Float32Array => rows.slice(row * DIMENSION, (row + 1) * DIMENSION);
const upsert = (row: number) => ({
  id: `a${row}` as AnchorId,
  caption: null,
  metadata: {},
  imageVector: vectorOf(row),
  textVector: vectorOf(row),
});

const openWith = async (count: number): Promise<AnchorSpace> => {
  const space = await openAnchorSpace({
    imageDimension: DIMENSION,
    textDimension: DIMENSION,
    transform: "none",
    profile,
  });
  const upserts = Array.from({ length: count }, (_, row) => upsert(row));
  space.apply({ sequence: 1 as Sequence, upserts, deletes: [] });
  return space;
};

const ask = async (space: AnchorSpace, more: Partial<SpaceSearch> = {}, query = vectorOf(COUNT)) =>
  space.view().search("image", query, { k: 10, transform: "none", ...more });

const settled = async (space: AnchorSpace): Promise<void> => {
  while (/being built|not measured yet/.test((await ask(space)).plan.reason))
    await new Promise((resolve) => setTimeout(resolve, 20));
};

afterAll(closeKernels);
// So few anchors are found at once either way; the choice must not hang on how busy the machine is.
beforeAll(() => useCosts({ ...DEFAULT_COSTS, flat: { ...DEFAULT_COSTS.flat, search: 10_000 } }));
afterAll(() => useCosts(DEFAULT_COSTS));

describe("a collection above the limit of its profile", () => {
  let space: AnchorSpace;
  beforeAll(async () => {
    space = await openWith(COUNT);
    await settled(space);
  });
  afterAll(() => space.close());

  test("is answered by partitions, with the effort in the plan", async () => {
    const { plan, neighbours } = await ask(space);
    expect(plan).toMatchObject({ index: "partitions", k: 10, anchors: COUNT });
    expect(plan.reason).toMatch(/recall at k = 10 was measured as [01]\.\d{4}/);
    expect(plan.effort?.lists).toBeGreaterThanOrEqual(8);
    expect(plan.otherMs).toBeGreaterThan(plan.estimateMs);
    const exact = await ask(space, { exact: true });
    expect(exact.plan.index).toBe("exact");
    expect(exact.plan).not.toHaveProperty("effort");
    expect([...neighbours.scores]).toEqual([...exact.neighbours.scores]);
    expect([...neighbours.slots]).toEqual([...exact.neighbours.slots]);
  });

  test("is searched exactly with a filter", async () => {
    const allow = new Uint8Array(COUNT).fill(1, 0, COUNT - 1);
    expect((await ask(space, { allow })).plan.index).toBe("exact");
  });

  test("takes ef as a synonym for effort", async () => {
    expect((await ask(space, { ef: 100 })).plan).toMatchObject({
      index: "partitions",
      reason: "ef was given",
      effort: { lists: 16, reach: null },
    });
    expect((await ask(space, { ef: 4_000 })).plan.effort).toEqual({ lists: null, reach: null });
  });

  test("answers a zero query in the order of ids", async () => {
    const zero = new Float32Array(DIMENSION);
    const { neighbours } = await ask(space, {}, zero);
    const exact = await ask(space, { exact: true }, zero);
    expect([...neighbours.slots]).toEqual([...exact.neighbours.slots]);
  });

  test("says in its status what the partitions hold", () => {
    expect(space.status("image")).toMatchObject({
      kind: "partitions",
      graph: null,
      partitions: { source: "built", sequence: 1, state: "ready", progress: 1, vectors: COUNT },
    });
  });

  test("finds anchors that are written and hides those that are deleted", async () => {
    space.apply({ sequence: 2 as Sequence, upserts: [upsert(COUNT)], deletes: [] });
    const { neighbours, plan } = await ask(space);
    expect(plan.index).toBe("partitions");
    expect(neighbours.slots[0]).toBe(COUNT);
    space.apply({ sequence: 3 as Sequence, upserts: [], deletes: [`a${COUNT}` as AnchorId] });
    const after = await ask(space);
    expect(after.plan.index).toBe("partitions");
    expect([...after.neighbours.slots]).not.toContain(COUNT);
  });

  test("is partitioned again after a compaction, which leaves nothing of what was deleted", async () => {
    const deletes = Array.from({ length: 200 }, (_, row) => `a${row}` as AnchorId);
    space.apply({ sequence: 4 as Sequence, upserts: [], deletes });
    await space.compact();
    await settled(space);
    const { plan } = await ask(space);
    expect(plan).toMatchObject({ index: "partitions", anchors: COUNT - 200 });
    expect(space.status("image").partitions).toMatchObject({ vectors: COUNT - 200, sequence: 4 });
  });
});

test("a collection up to the limit has no partitions", async () => {
  const space = await openWith(LIMIT);
  expect((await ask(space)).plan).toMatchObject({
    index: "exact",
    reason: `${LIMIT} anchors are at most ${LIMIT}`,
  });
  expect((await ask(space, { ef: 64 })).plan.index).toBe("exact");
  expect(space.status("image")).toMatchObject({ kind: "exact", partitions: null });
  space.close();
});

describe("the planner's choice among partitions, graph and exact search", () => {
  const point = { low: 0.99, lists: 10 };
  const partitionCurve: PartitionCurve = {
    dimension: 512,
    lists: 2_048,
    anchors: 300_000,
    points: [
      { ...point, k: 10, effort: 0, recall: 0.98, low: 0.97, rows: 1_000, ms: 0.1 },
      { ...point, k: 10, effort: 1, recall: 0.995, rows: 2_000, ms: 0.2 },
      { ...point, k: 100, effort: 1, recall: 0.98, low: 0.97, rows: 2_000, ms: 0.3 },
      { ...point, k: 100, effort: 2, recall: 0.995, rows: 4_000, ms: 0.5 },
      { ...point, k: 800, effort: 6, recall: 0.995, rows: 150_000, ms: 9 },
    ],
  };
  const where: Circumstances = {
    rows: 300_000,
    anchors: 300_000,
    allowed: 300_000,
    dimension: 512,
    batch: 1,
    hnsw: "unwanted",
    curve: undefined,
    partitions: "ready",
    partitionCurve,
    profile,
    costs: DEFAULT_COSTS,
  };

  test("takes the effort that surely reaches the recall and reads the fewest rows", () => {
    expect(chooseIndex({ k: 10 }, where)).toMatchObject({ index: "partitions", effort: 1, estimateMs: 0.2 });
    expect(chooseIndex({ k: 100 }, where)).toMatchObject({ index: "partitions", effort: 2 });
  });

  test("takes the effort of the next larger k, and estimates between the measured times", () => {
    const { effort, estimateMs } = chooseIndex({ k: 32 }, where);
    expect(effort).toBe(2);
    expect(estimateMs).toBe(0.5);
    expect(chooseIndex({ k: 3 }, where)).toMatchObject({ effort: 1, estimateMs: 0.2 });
  });

  test("searches exactly where partitions would read over 40 % of the rows, or no effort is known", () => {
    expect(chooseIndex({ k: 800 }, where)).toMatchObject({
      index: "exact",
      reason: "the partitions would read 50 % of the rows",
    });
    expect(chooseIndex({ k: 900 }, where).reason).toBe(
      "no effort is known with which the partitions hold recall 0.99 at k = 900",
    );
  });

  test("takes the graph where it is measured as faster", () => {
    const graph = {
      dimension: 512,
      anchors: 300_000,
      m: 24,
      efConstruction: 200,
      points: [{ k: 10, ef: 64, recall: 0.999, error: 0, ms: 0.15 }],
    };
    const both: Circumstances = { ...where, hnsw: "ready", curve: graph };
    expect(chooseIndex({ k: 10 }, both)).toMatchObject({ index: "hnsw", ef: 64 });
    expect(chooseIndex({ k: 10, ef: 30 }, both)).toMatchObject({ index: "hnsw", ef: 30 });
    const slow = { ...graph, points: [{ k: 10, ef: 64, recall: 0.999, error: 0, ms: 0.5 }] };
    expect(chooseIndex({ k: 10 }, { ...both, curve: slow })).toMatchObject({ index: "partitions" });
  });

  test("searches exactly while partitions are built or not measured", () => {
    const reasonIn = (more: Partial<Circumstances>): string =>
      chooseIndex({ k: 10 }, { ...where, ...more }).reason;
    expect(reasonIn({ partitions: "building" })).toBe("the partitions are being built");
    expect(reasonIn({ partitionCurve: undefined })).toBe("the recall of the partitions is not measured yet");
    expect(reasonIn({ partitions: "unwanted" })).toBe("the index profile small asks for no other index");
    expect(chooseIndex({ k: 10, ef: 50 }, { ...where, partitions: "building" }).index).toBe("exact");
  });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SearchPlan } from "../../src/api/indexes.ts";
import {
  chooseIndex,
  closeKernels,
  DEFAULT_COSTS,
  loadGraphLibrary,
  openAnchorSpace,
  useCosts,
  type AnchorSpace,
  type Circumstances,
  type RecallCurve,
  type SpaceSearch,
} from "../../src/retrieval/index.ts";
import type { Sequence } from "../../src/types.ts";
import { randomAnchors, upsertsOf } from "../support/anchor-space.ts";

const LIMIT = 40;
const ANCHORS = randomAnchors(LIMIT + 20, 1);
const profile = {
  name: "small",
  metric: "cosine",
  exactLimit: LIMIT,
  hnsw: { m: 8, efConstruction: 50, ef: 30 },
} as const;
const installed = (await loadGraphLibrary()) !== undefined;

const openWith = async (count: number): Promise<AnchorSpace> => {
  const space = await openAnchorSpace({ imageDimension: 12, textDimension: 10, transform: "none", profile });
  space.apply({ sequence: 1 as Sequence, upserts: upsertsOf(ANCHORS.slice(0, count)), deletes: [] });
  return space;
};

const query = Float32Array.from(ANCHORS[3]?.image ?? []);

const ask = async (space: AnchorSpace, more: Partial<SpaceSearch> = {}) =>
  space.view().search("image", query, { k: 5, transform: "none", ...more });

/** The plan once the graph had time to be built. */
const settledPlan = async (space: AnchorSpace, more: Partial<SpaceSearch> = {}): Promise<SearchPlan> => {
  await ask(space, more);
  await eventually(async () => (await ask(space, more)).plan.reason).not.toMatch(
    /being built|not measured yet/,
  );
  return (await ask(space, more)).plan;
};

afterAll(closeKernels);
// So few anchors are found at once either way; the choice must not hang on how busy the machine is.
beforeAll(() => useCosts({ ...DEFAULT_COSTS, flat: { ...DEFAULT_COSTS.flat, search: 10_000 } }));
afterAll(() => useCosts(DEFAULT_COSTS));

/** What is done in the background is waited for as long as a busy machine may take. */
const eventually = <T>(of: () => T | Promise<T>) => expect.poll(of, { timeout: 20_000 });

describe("the planner", () => {
  let small: AnchorSpace;
  let large: AnchorSpace;
  beforeAll(async () => {
    [small, large] = [await openWith(LIMIT), await openWith(LIMIT + 20)];
  });
  afterAll(() => {
    small.close();
    large.close();
  });

  test("searches up to the limit exactly, and says so", async () => {
    expect((await ask(small)).plan).toEqual({
      index: "exact",
      reason: `${LIMIT} anchors are at most ${LIMIT}`,
      k: 5,
      anchors: LIMIT,
      allowed: LIMIT,
      estimateMs: expect.any(Number) as number,
      transform: "none",
      transformVersion: 0,
      transformSequence: 1,
    });
  });

  test.runIf(installed)(
    "searches beyond the limit by the graph, with an ef that was measured to do",
    async () => {
      const plan = await settledPlan(large);
      expect(plan).toMatchObject({ index: "hnsw", ef: 16, k: 5 });
      expect(plan.reason).toMatch(/recall at k = 10 was measured as (1\.0000|0\.99..)/);
      expect(plan.estimateMs).toBeLessThan(plan.otherMs ?? 0);
      expect(await settledPlan(large, { k: 11 })).toMatchObject({
        index: "exact",
        reason: "no ef is known with which the HNSW graph holds recall 0.99 at k = 11",
      });
    },
  );

  test.runIf(installed)("answers exactly while the graph is being built", async () => {
    const space = await openWith(LIMIT + 20);
    const { plan } = await ask(space);
    expect(plan).toMatchObject({ index: "exact", reason: "the HNSW graph is being built" });
    space.close();
  });

  test.runIf(installed)(
    "uses the graph below the limit where ef is given, never for fewer candidates than k",
    async () => {
      expect(await settledPlan(small, { ef: 20 })).toMatchObject({
        index: "hnsw",
        ef: 20,
        reason: "ef was given",
      });
      expect(await settledPlan(small, { ef: 3, k: 7 })).toMatchObject({ index: "hnsw", ef: 7 });
    },
  );

  test("answers a query that names no ef as before, where another's ef had a graph built below the limit", async () => {
    await settledPlan(small, { ef: 20 });
    expect((await ask(small)).plan).toMatchObject({
      index: "exact",
      reason: `${LIMIT} anchors are at most ${LIMIT}`,
    });
  });

  test("searches exactly where a filter is given, so that it never costs recall", async () => {
    await settledPlan(large);
    const view = large.view();
    const allow = view.bitmap(({ id }) => id.endsWith("7"));
    const { plan, neighbours } = await ask(large, { allow, ef: 30 });
    expect(plan).toMatchObject({ index: "exact", anchors: LIMIT + 20, allowed: 6 });
    expect([...neighbours.counts]).toEqual([5]);
  });

  test.runIf(installed)("does not take a filter that lets everything through for one", async () => {
    await settledPlan(large);
    const { plan } = await ask(large, { allow: large.view().bitmap(() => true) });
    expect(plan.index).toBe("hnsw");
  });

  test("searches exactly where that is asked for", async () => {
    await settledPlan(large);
    expect((await ask(large, { exact: true, ef: 30 })).plan).toMatchObject({
      index: "exact",
      reason: "exact was asked for",
    });
  });

  test.runIf(installed)(
    "finds by the graph what the exact index finds, through deletions, replacements and old views",
    async () => {
      const space = await openWith(LIMIT + 20);
      await settledPlan(space);
      const before = space.view();
      const expected = await before.search("image", query, { k: 8, transform: "none", exact: true });
      const replaced = upsertsOf(ANCHORS.slice(0, 10)).map((upsert, i) => ({
        ...upsert,
        imageVector: Float32Array.from(ANCHORS[59 - i]?.image ?? []),
      }));
      space.apply({
        sequence: 2 as Sequence,
        upserts: replaced,
        deletes: upsertsOf(ANCHORS.slice(50, 55)).map(({ id }) => id),
      });
      for (const transform of ["none", "center", "whiten"] as const) {
        const plan = await settledPlan(space, { k: 8, transform });
        expect(plan).toMatchObject({ index: "hnsw", anchors: LIMIT + 15 });
        const [graph, exact] = await Promise.all([
          ask(space, { k: 8, transform }),
          ask(space, { k: 8, transform, exact: true }),
        ]);
        expect([...graph.neighbours.slots]).toEqual([...exact.neighbours.slots]);
        graph.neighbours.scores.forEach((score, i) =>
          expect(score).toBeCloseTo(exact.neighbours.scores[i] ?? NaN, 5),
        );
      }
      const { neighbours, plan } = await before.search("image", query, { k: 8, transform: "none" });
      expect(plan.index).toBe("hnsw");
      expect([...neighbours.slots]).toEqual([...expected.neighbours.slots]);
      space.close();
    },
  );
});

describe("the choice of an index", () => {
  const curve: RecallCurve = {
    dimension: 512,
    anchors: 300_000,
    m: 24,
    efConstruction: 200,
    points: [
      { k: 10, ef: 32, recall: 0.9, error: 0.01, ms: 0.5 },
      { k: 10, ef: 64, recall: 0.991, error: 0.004, ms: 0.8 },
      { k: 10, ef: 128, recall: 0.998, error: 0.001, ms: 1.4 },
      { k: 100, ef: 400, recall: 0.995, error: 0.001, ms: 4 },
      { k: 800, ef: 800, recall: 0.97, error: 0.001, ms: 9 },
    ],
  };
  const where: Circumstances = {
    rows: 300_000,
    anchors: 300_000,
    allowed: 300_000,
    dimension: 512,
    batch: 1,
    hnsw: "ready",
    curve,
    partitions: "unwanted",
    partitionCurve: undefined,
    profile,
    costs: DEFAULT_COSTS,
  };

  test("takes the smallest ef that reaches the recall, its error taken off", () => {
    expect(chooseIndex({ k: 10 }, where)).toMatchObject({ index: "hnsw", ef: 128, estimateMs: 1.4 });
    expect(chooseIndex({ k: 3 }, where)).toMatchObject({ index: "hnsw", ef: 128 });
  });

  test("goes by the next larger k that was measured", () => {
    expect(chooseIndex({ k: 50 }, where)).toMatchObject({ index: "hnsw", ef: 400, estimateMs: 4 });
  });

  test("is exact where no measured ef reaches the recall, or nothing is known of so large a k", () => {
    for (const k of [800, 801]) {
      expect(chooseIndex({ k }, where)).toMatchObject({
        index: "exact",
        reason: expect.stringContaining("no ef is known") as string,
      });
    }
  });

  test("is exact for a batch that codes answer sooner", () => {
    const choice = chooseIndex({ k: 100 }, { ...where, batch: 64 });
    expect(choice).toMatchObject({
      index: "exact",
      reason: "a scan of all codes takes less time",
      otherMs: 256,
    });
    expect(choice.estimateMs).toBeLessThan(256);
  });

  test("leaves a proof out among many anchors where it would take a fifth of the time, and never below", () => {
    const many = { ...where, hnsw: "missing", rows: 100_000, anchors: 100_000, allowed: 100_000 } as const;
    const choice = chooseIndex({ k: 800 }, many);
    expect(choice).toMatchObject({
      index: "flat",
      reason:
        "the HNSW library is not installed, and the proof of an exact search takes more time than it is worth",
    });
    expect(choice.estimateMs).toBeLessThan(0.8 * (choice.otherMs ?? 0));
    expect(chooseIndex({ k: 10 }, many).index).toBe("exact");
    expect(chooseIndex({ k: 800, exact: true }, many).index).toBe("exact");
    expect(chooseIndex({ k: 800 }, { ...many, allowed: 99_999 }).index).toBe("exact");
    expect(chooseIndex({ k: 800 }, { ...many, rows: 30_000, anchors: 30_000, allowed: 30_000 }).index).toBe(
      "exact",
    );
  });

  test("is exact while nothing is measured", () => {
    expect(chooseIndex({ k: 10 }, { ...where, curve: undefined })).toMatchObject({
      index: "exact",
      reason: "the recall of the HNSW graph is not measured yet",
    });
  });

  test("says how long each index that could answer should take", () => {
    const given = chooseIndex({ k: 10, ef: 64 }, where);
    expect(given).toMatchObject({ index: "hnsw", reason: "ef was given", ef: 64 });
    expect(given.estimateMs).toBeGreaterThan(0);
    expect(given.otherMs).toBeGreaterThan(0);
    expect(chooseIndex({ k: 10, exact: true }, where)).not.toHaveProperty("otherMs");
  });

  test("expects a narrow filter to cost less than a wide one", () => {
    const costs = [30, 30_000, 299_999].map(
      (allowed) => chooseIndex({ k: 10 }, { ...where, allowed }).estimateMs,
    );
    expect(costs).toEqual([...costs].sort((a, b) => a - b));
  });
});

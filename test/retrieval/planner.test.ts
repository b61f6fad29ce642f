import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  closeKernels,
  loadHnsw,
  openAnchorSpace,
  type AnchorSpace,
  type Plan,
  type SpaceSearch,
} from "../../src/retrieval/index.ts";
import type { Sequence } from "../../src/types.ts";
import { randomAnchors, upsertsOf } from "../support/anchor-space.ts";

const LIMIT = 40;
const MAX_K = 10;
const ANCHORS = randomAnchors(LIMIT + 20, 1);
const profile = {
  name: "small",
  metric: "cosine",
  exactLimit: LIMIT,
  hnsw: { m: 8, efConstruction: 50, ef: 30, maxK: MAX_K },
} as const;
const installed = (await loadHnsw()) !== undefined;

const openWith = async (count: number): Promise<AnchorSpace> => {
  const space = await openAnchorSpace({ imageDimension: 12, textDimension: 10, transform: "none", profile });
  space.apply({ sequence: 1 as Sequence, upserts: upsertsOf(ANCHORS.slice(0, count)), deletes: [] });
  return space;
};

const query = Float32Array.from(ANCHORS[3]?.image ?? []);

const ask = async (space: AnchorSpace, more: Partial<SpaceSearch> = {}) =>
  space.view().search("image", query, { k: 5, transform: "none", ...more });

/** The plan once the graph had time to be built. */
const settledPlan = async (space: AnchorSpace, more: Partial<SpaceSearch> = {}): Promise<Plan> => {
  await ask(space, more);
  await eventually(async () => (await ask(space, more)).plan.reason).not.toContain("being built");
  return (await ask(space, more)).plan;
};

afterAll(closeKernels);

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
      transform: "none",
      transformVersion: 0,
    });
  });

  test.runIf(installed)("searches beyond the limit by the graph, for a small k", async () => {
    expect(await settledPlan(large)).toMatchObject({ index: "hnsw", ef: 30, k: 5 });
    expect(await settledPlan(large, { k: MAX_K })).toMatchObject({ index: "hnsw" });
    expect(await settledPlan(large, { k: MAX_K + 1 })).toMatchObject({
      index: "exact",
      reason: `k = ${MAX_K + 1} is above ${MAX_K}`,
    });
  });

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

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  closeKernels,
  DEFAULT_COSTS,
  loadGraphLibrary,
  RECALL_TARGET,
  useCosts,
} from "../../src/retrieval/index.ts";
import type { TransformName } from "../../src/api/transforms.ts";
import type { Modality } from "../../src/types.ts";
import {
  askGraph,
  compact,
  hold,
  IDS,
  openWorld,
  put,
  remove,
  search,
  type Asked,
} from "./modelled-space.ts";

const installed = (await loadGraphLibrary()) !== undefined;
/** More of them are run by MODEL_RUNS=500. */
const RUNS = Number(process.env.MODEL_RUNS ?? 15);

const profile = {
  name: "small",
  metric: "cosine",
  exactLimit: 60,
  hnsw: { m: 8, efConstruction: 60, ef: 30 },
} as const;

afterAll(closeKernels);
// So few anchors are found at once either way; it is the graph that is to be tried.
beforeAll(() => useCosts({ ...DEFAULT_COSTS, flat: { ...DEFAULT_COSTS.flat, search: 10_000 } }));
afterAll(() => useCosts(DEFAULT_COSTS));

const first = fc.nat(IDS - 1);
const modality = fc.constantFrom<Modality>("image", "text");
const transform = fc.constantFrom<TransformName>("none", "none", "center", "whiten");
const asked: fc.Arbitrary<Asked> = fc.record({
  modality,
  query: fc.nat(49),
  transform,
  k: fc.constantFrom(1, 3, 10, 40, 100, 1_000),
  ef: fc.constantFrom(null, null, null, 1, 50, 1_000),
  one: fc.constantFrom(1, 1, 1, 2, 7, 500),
  old: fc.option(fc.nat(5), { freq: 3 }),
});

const commands = fc.commands(
  [
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.tuple(first, fc.integer({ min: 1, max: 250 }), fc.nat(2)).map((given) => put(...given)),
      },
      {
        weight: 2,
        arbitrary: fc.tuple(first, fc.integer({ min: 1, max: 120 })).map((given) => remove(...given)),
      },
      { weight: 1, arbitrary: fc.boolean().map(compact) },
      { weight: 1, arbitrary: fc.constant(hold) },
      { weight: 2, arbitrary: fc.tuple(modality, transform).map((given) => askGraph(...given)) },
      { weight: 8, arbitrary: asked.map(search) },
    ),
  ],
  { maxCommands: 40, size: "max" },
);

/** Three deviations of the share of `wanted` neighbours, of which the ten of a query may be missed together. */
const chance = (wanted: number): number =>
  3 * Math.sqrt((RECALL_TARGET * (1 - RECALL_TARGET)) / (wanted / 10));

const partitioned = { name: "partitioned", metric: "cosine", exactLimit: 60, partitions: true } as const;

describe("a collection's memory through writes, deletions and compactions", () => {
  test("finds exactly what a plain loop finds, and by partitions nearly all of it, in new views and in old", async () => {
    const found = { wanted: 0, found: 0 };
    await fc.assert(
      fc.asyncProperty(commands, async (sequence) => {
        const world = await openWorld(partitioned, found);
        await fc.asyncModelRun(() => world, sequence);
        await Promise.all(world.real.compactions);
        world.real.space.close();
      }),
      { numRuns: RUNS },
    );
    expect(found.wanted).toBeGreaterThan(0);
    expect(found.found / found.wanted).toBeGreaterThanOrEqual(RECALL_TARGET - chance(found.wanted));
  });

  test("finds exactly what a plain loop finds, and by the graph nearly all of it, in new views and in old", async () => {
    const graph = { wanted: 0, found: 0 };
    await fc.assert(
      fc.asyncProperty(commands, async (sequence) => {
        const world = await openWorld(profile, graph);
        await fc.asyncModelRun(() => world, sequence);
        await Promise.all(world.real.compactions);
        world.real.space.close();
      }),
      { numRuns: RUNS },
    );
    if (!installed) return;
    expect(graph.wanted).toBeGreaterThan(0);
    expect(graph.found / graph.wanted).toBeGreaterThanOrEqual(RECALL_TARGET - chance(graph.wanted));
  });
});

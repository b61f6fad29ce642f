import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { createVectorStepGenerator, unit } from "../../../research/consensus-tasks/vector-step.ts";
import { runConsensus, type Scorer } from "../../../src/features/consensus/index.ts";
import { frechetDistance } from "../../../research/consensus-tasks/synthesis/frechet.ts";
import {
  createGallery,
  precisionAt10,
  type Gallery,
} from "../../../research/consensus-tasks/synthesis/gallery.ts";
import { createSynthesisTask } from "../../../research/consensus-tasks/synthesis/index.ts";
import { fitProbe } from "../../../research/consensus-tasks/synthesis/probe.ts";
import {
  asifScorer,
  densityScorer,
  probeScorer,
  vectorOf,
} from "../../../research/consensus-tasks/synthesis/scorers.ts";
import { createSubstrate, type Substrate } from "../../../research/consensus-tasks/synthesis/substrate.ts";
import { createRandom } from "../../../src/math/random.ts";
import { planOf } from "../../support/consensus-plan.ts";

const signal = new AbortController().signal;
const D = 8;

const randomUnits = (count: number, seed: number): number[][] => {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => unit(Array.from({ length: D }, () => random.next() - 0.5)));
};

describe("the Fréchet distance", () => {
  test("is the closed form where covariances are diagonal", async () => {
    // Corners of a box: mean m, and the half widths as deviations.
    const box = (m: readonly [number, number], a: number, b: number) =>
      [-1, 1].flatMap((s) => [-1, 1].map((t) => [m[0] + s * a, m[1] + t * b]));
    const distance = await frechetDistance(box([0, 0], 1, 2), box([3, 4], 5, 1));
    expect(distance).toBeCloseTo(25 + (1 - 5) ** 2 + (2 - 1) ** 2, 9);
  });

  test("is 0 between a set and itself, the same both ways, and that of the means where one is only moved", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.double({ min: -3, max: 3, noNaN: true }), async (seed, by) => {
        const [one, other] = [randomUnits(12, seed), randomUnits(9, seed + 1)];
        const moved = one.map((vector) => vector.map((value) => value + by));
        expect(await frechetDistance(one, one)).toBeCloseTo(0, 6);
        expect(await frechetDistance(one, other)).toBeCloseTo(await frechetDistance(other, one), 6);
        expect(await frechetDistance(one, moved)).toBeCloseTo(D * by ** 2, 5);
      }),
      { numRuns: 20 },
    );
  });
});

describe("differentiable scorers", () => {
  let substrate: Substrate;
  beforeAll(() => {
    const rows = (seed: number) => Float32Array.from(randomUnits(60, seed).flat());
    substrate = createSubstrate(rows(1), rows(2), 60);
  });

  const scorers: readonly (readonly [string, () => Scorer])[] = [
    ["asif", () => asifScorer(substrate, Float32Array.from(randomUnits(1, 3)[0] ?? []), { k: 20, p: 4 })],
    [
      "probe",
      () =>
        probeScorer(
          substrate,
          fitProbe(
            substrate.images,
            Array.from({ length: 60 }, (_, i) => i < 20),
          ),
        ),
    ],
    ["density", () => densityScorer(substrate)],
  ];
  for (const [name, create] of scorers)
    test(`${name} gives the slope that finite differences find`, async () => {
      const scorer = create();
      for (const x of randomUnits(5, 7)) {
        const found = await scorer.gradient?.([x], signal);
        for (let j = 0; j < D; j++) {
          const step = 1e-3;
          const [up, down] = [step, -step].map((by) => x.map((value, i) => (i === j ? value + by : value)));
          const both = await scorer.gradient?.([up ?? [], down ?? []], signal);
          const slope = ((both?.scores[0] ?? NaN) - (both?.scores[1] ?? NaN)) / (2 * step);
          expect(found?.gradients[0]?.[j]).toBeCloseTo(slope, 2);
        }
      }
    });
});

describe("the vector step", () => {
  const towards = (goal: readonly number[]): Scorer => ({
    name: "cosine",
    kinds: ["vector"],
    calibration: { kind: "none" },
    onFailure: "fail",
    timeoutMs: 1_000,
    score: (proposals) =>
      Promise.resolve({ scores: Float64Array.from(proposals, (one) => dot(vectorOf(one), goal)) }),
    gradient: (vectors) =>
      Promise.resolve({
        scores: Float64Array.from(vectors, (x) => dot(x, goal)),
        gradients: vectors.map(() => Float64Array.from(goal)),
      }),
  });
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, value, j) => sum + value * (b[j] ?? 0), 0);

  test("climbs to the top of a cosine, and of two to half way between their goals", async () => {
    const [start = [], one = [], other = []] = randomUnits(3, 11);
    for (const goals of [[one], [one, other]]) {
      const scorers = goals.map(towards);
      const guides = scorers.map((scorer) => ({ scorer, weight: 1 }));
      const generator = createVectorStepGenerator({
        modality: "image",
        starts: [start],
        guides,
        steps: 8,
        rate: 0.5,
      });
      const { winner } = await runConsensus(
        planOf({ generators: [generator], scorers, rounds: 6, patience: 6 }),
        { signal },
      );
      const top = unit(one.map((value, j) => value + (goals[1]?.[j] ?? 0)));
      const reached = winner === null ? [] : vectorOf(winner.proposal);
      expect(dot(reached, top)).toBeGreaterThan(0.999);
      expect(dot(reached, reached)).toBeCloseTo(1, 9);
    }
  });

  test("never goes down, however long its first step is", async () => {
    const [start = [], goal = []] = randomUnits(2, 12);
    const scorers = [towards(goal)];
    for (const rate of [1e-4, 1e4]) {
      const generator = createVectorStepGenerator({
        modality: "image",
        starts: [start],
        guides: scorers.map((scorer) => ({ scorer, weight: 1 })),
        steps: 3,
        rate,
      });
      const state = { round: 1, survivors: [], has: () => false };
      const [stepped] = await generator.propose(state, 1, createRandom(1), signal);
      const x = stepped?.payload.kind === "vector" ? stepped.payload.vector : [];
      expect(dot(x, goal)).toBeGreaterThanOrEqual(dot(start, goal) - 1e-12);
    }
  });
});

describe("synthesis", () => {
  let gallery: Gallery;
  beforeAll(async () => {
    // Three kinds of things around three directions; the text of a kind points where its images do.
    const random = createRandom(5);
    const axes = [0, 3, 6];
    const near = (axis: number): Float32Array =>
      Float32Array.from({ length: D }, (_, j) => (j === axis ? 1 : 0) + 0.3 * (random.next() - 0.5));
    const pictures = (prefix: string) =>
      Array.from({ length: 60 }, (_, i) => {
        const axis = axes[i % 3] ?? 0;
        return { thing: `${prefix}${i}`, tags: [`kind ${axis}`], image: near(axis), text: near(axis) };
      });
    const textOf = (tag: string): Float32Array => near(Number(tag.split(" ")[1]));
    gallery = await createGallery(pictures("known"), pictures("new"), textOf, 4);
  });

  test("makes prototypes whose nearest unknown images have the tag", async () => {
    expect(gallery.targets.map(({ tag }) => tag).sort()).toEqual(["kind 0", "kind 3", "kind 6"]);
    const task = createSynthesisTask(gallery, { development: 1, test: 2, seed: 5 });
    const panel = { members: [0, 1, 2], weights: [1, 1, 1], rounds: 2 };
    for (const target of task.test) {
      expect(await task.solve(target, panel, signal)).toBe(1);
      const { random, oracle } = await task.bounds(target, signal);
      expect(oracle).toBe(1);
      expect(random).toBeLessThan(1);
    }
  });

  test("counts the share of the ten nearest that have the tag", () => {
    const x = Array.from(gallery.heldOut[0]?.vector ?? []);
    const cosine = (vector: Float32Array): number =>
      x.reduce((sum, value, j) => sum + value * (vector[j] ?? 0), 0);
    const nearest = [...gallery.heldOut].sort((a, b) => cosine(b.vector) - cosine(a.vector)).slice(0, 10);
    for (const tag of ["kind 0", "kind 3", "kind 6"])
      expect(precisionAt10(gallery, x, tag)).toBe(nearest.filter(({ tags }) => tags.has(tag)).length / 10);
  });
});

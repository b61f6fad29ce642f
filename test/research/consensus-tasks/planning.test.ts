import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { execute, truth } from "../../../research/consensus-tasks/planning/control.ts";
import { createEpisodes } from "../../../research/consensus-tasks/planning/episodes.ts";
import { createPlanningTask } from "../../../research/consensus-tasks/planning/index.ts";
import {
  exactly,
  look,
  offsetsOf,
  scoreOf,
  type View,
} from "../../../research/consensus-tasks/planning/views.ts";
import {
  act,
  distance,
  holds,
  levelOf,
  SIDE,
  type Scene,
} from "../../../research/consensus-tasks/planning/world.ts";
import { createRandom } from "../../../src/math/random.ts";

const signal = new AbortController().signal;
const random = createRandom(1);
const SCENE: Scene = {
  blocks: [
    { x: 0.2, y: 0.2 },
    { x: 0.8, y: 0.2 },
    { x: 0.5, y: 0.8 },
  ],
};

describe("the table", () => {
  test("stacks a block that is let go over another, and one upon that", () => {
    const two = act(SCENE, { block: 0, x: 0.81, y: 0.2 }, 0, random);
    const three = act(two, { block: 2, x: 0.8, y: 0.21 }, 0, random);
    expect(three.blocks.map(({ on }) => on)).toEqual([1, undefined, 0]);
    expect([0, 1, 2].map((i) => levelOf(three, i))).toEqual([1, 0, 2]);
    expect(holds(three, { kind: "on", one: 2, other: 0 })).toBe(true);
  });

  test("lets nothing be picked up that has a block on top", () => {
    const stacked = act(SCENE, { block: 0, x: 0.8, y: 0.2 }, 0, random);
    expect(act(stacked, { block: 1, x: 0.1, y: 0.9 }, 0, random)).toEqual(stacked);
  });

  test("lets a block slide off that is put half beside another, just beside it", () => {
    const { blocks } = act(SCENE, { block: 0, x: 0.8 - 0.7 * SIDE, y: 0.2 }, 0, random);
    expect(blocks[0]?.on).toBeUndefined();
    expect(distance(blocks[0], blocks[1])).toBeCloseTo(SIDE, 12);
  });

  test("keeps every block on the table, each on one that holds no other", () => {
    const place = fc.double({ min: 0, max: 1, noNaN: true });
    const move = fc.record({ block: fc.nat(4), x: place, y: place });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 20 }), fc.nat(), (moves, seed) => {
        const start = createEpisodes(1, seed)[0]?.start ?? SCENE;
        const { blocks } = moves.reduce(
          (scene, action) => act(scene, action, 0.05, createRandom(seed)),
          start,
        );
        for (const { x, y } of blocks) expect(Math.min(x, y, 1 - x, 1 - y)).toBeGreaterThanOrEqual(0);
        const below = blocks.flatMap(({ on }) => on ?? []);
        expect(new Set(below).size).toBe(below.length);
      }),
      { numRuns: 50 },
    );
  });
});

describe("a view", () => {
  const perfect: View = { angle: 0.3, across: 0, along: 0, miscalibration: 0 };

  test("without noise sees where blocks are", () => {
    const seen = look(perfect, SCENE, offsetsOf(perfect, SCENE, random), random);
    seen.forEach(({ x, y }, i) => {
      expect([x, y]).toEqual([SCENE.blocks[i]?.x, SCENE.blocks[i]?.y]);
    });
  });

  test("errs along its line of sight and across as much as it says", () => {
    const view: View = { angle: Math.PI / 2, across: 0.01, along: 0.1, miscalibration: 0 };
    const looks = Array.from(
      { length: 4_000 },
      () => look(view, { blocks: [{ x: 0, y: 0 }] }, [], random)[0],
    );
    const deviation = (values: readonly number[]): number =>
      Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
    expect(deviation(looks.map((seen) => seen?.x ?? NaN))).toBeCloseTo(0.01, 2);
    expect(Math.abs(deviation(looks.map((seen) => seen?.y ?? NaN)) - 0.1)).toBeLessThan(0.005);
  });

  test("scores a relation the higher the nearer it is, and 0 with a margin", () => {
    const leftOf = { kind: "left of", one: 0, other: 1 } as const;
    const at = (gap: number) =>
      exactly({
        blocks: [
          { x: 0.5, y: 0.5 },
          { x: 0.5 + gap, y: 0.5 },
        ],
      });
    expect(scoreOf(at(1.5 * SIDE), leftOf)).toBeCloseTo(0, 12);
    expect(scoreOf(at(SIDE), leftOf)).toBeCloseTo(-0.5, 12);
    expect(scoreOf(at(0), leftOf)).toBeCloseTo(-1.5, 12);
    expect(
      scoreOf(exactly(act(SCENE, { block: 0, x: 0.8, y: 0.2 }, 0, random)), { kind: "on", one: 0, other: 1 }),
    ).toBeCloseTo(0, 12);
  });
});

describe("planning", () => {
  test("starts where none of what is wanted holds", () => {
    for (const { start, goals } of createEpisodes(20, 3)) {
      expect(goals).toHaveLength(3);
      expect(goals.some((goal) => holds(start, goal))).toBe(false);
    }
  });

  test("gives the same for the same episode, and brings it nearer to its goals", async () => {
    const task = createPlanningTask({ development: 2, test: 3, seed: 1 });
    const panel = { members: [0, 1, 2, 3, 4], weights: [1, 1, 1, 1, 1], rounds: 1 };
    for (const episode of task.test) {
      const first = await task.solve(episode, panel, signal);
      expect(await task.solve(episode, panel, signal)).toBe(first);
      const idle = await execute(episode, () => Promise.resolve({ block: -1, x: 0, y: 0 }), signal);
      expect(truth(episode, idle)).toBeLessThan(0);
    }
    const [taught] = await Promise.all(task.development.map((episode) => task.labelled(episode, signal)));
    expect(taught?.members).toHaveLength(5);
    expect(taught?.right.length).toBeGreaterThan(0);
  });
});

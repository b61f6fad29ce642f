import { createRandom, type Random } from "../../../src/math/random.ts";
import { act, COLOURS, distance, holds, SIDE, type Relation, type Scene } from "./world.ts";

/** A scene, and what is wanted of it. */
export interface Episode {
  readonly seed: number;
  readonly start: Scene;
  readonly goals: readonly Relation[];
}

const GOALS = 3;
const MARGIN = 0.5 * SIDE;

/** Scenes with relations that some arrangement of the blocks fulfils, and the start does not. */
export const createEpisodes = (count: number, seed: number): Episode[] => {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => {
    const start = scatter(random);
    for (;;) {
      const goals = goalsOf(stacked(scatter(random), random), random);
      if (goals.length === GOALS && goals.every((goal) => !holds(start, goal)))
        return { seed: random.integer(2 ** 31), start, goals };
    }
  });
};

/** All on the table, and apart. */
const scatter = (random: Random): Scene => {
  const blocks: { readonly x: number; readonly y: number }[] = [];
  while (blocks.length < COLOURS.length) {
    const at = { x: 0.1 + 0.8 * random.next(), y: 0.1 + 0.8 * random.next() };
    if (blocks.every((block) => distance(block, at) > 1.5 * SIDE)) blocks.push(at);
  }
  return { blocks };
};

const stacked = (scene: Scene, random: Random): Scene => {
  const [block = 0, below = 1] = random.shuffle([...scene.blocks.keys()]);
  const { x, y } = scene.blocks[below] ?? { x: 0, y: 0 };
  return act(scene, { block, x, y }, 0, random);
};

/** One that something stands on something, and others that hold with a margin. */
const goalsOf = (scene: Scene, random: Random): Relation[] => {
  const pairs = [...scene.blocks.keys()].flatMap((one) =>
    [...scene.blocks.keys()].filter((other) => other !== one).map((other) => ({ one, other })),
  );
  const stack = pairs.find(({ one, other }) => scene.blocks[one]?.on === other);
  const aside = random.shuffle(pairs).flatMap(({ one, other }): Relation[] => {
    const [a, b] = [scene.blocks[one], scene.blocks[other]];
    if (a === undefined || b === undefined) return [];
    if (b.x - a.x > SIDE + MARGIN) return [{ kind: "left of", one, other }];
    return b.y - a.y > SIDE + MARGIN ? [{ kind: "in front of", one, other }] : [];
  });
  return stack === undefined ? [] : [{ kind: "on", ...stack }, ...aside.slice(0, GOALS - 1)];
};

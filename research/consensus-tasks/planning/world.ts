import { normal, type Random } from "../../../src/math/random.ts";

/** The width of a block; the table is 1 by 1. */
export const SIDE = 0.1;
export const COLOURS = ["red", "blue", "green", "yellow", "purple"] as const;

/** Blocks on a table, in the order of {@link COLOURS}. */
export interface Scene {
  readonly blocks: readonly Block[];
}

export interface Block {
  /** Of its centre, from 0 to 1. */
  readonly x: number;
  readonly y: number;
  /** The block that it stands on; none on the table. */
  readonly on?: number;
}

export type Relation =
  | { readonly kind: "on"; readonly one: number; readonly other: number }
  /** Further to the left by more than a block's width, and nearer to the front. */
  | { readonly kind: "left of" | "in front of"; readonly one: number; readonly other: number };

/** Picks a block up and puts it down somewhere. */
export interface Action {
  readonly block: number;
  readonly x: number;
  readonly y: number;
}

export const isClear = ({ blocks }: Scene, block: number): boolean => blocks.every(({ on }) => on !== block);

/** How many blocks it has below. */
export const levelOf = ({ blocks }: Scene, block: number): number => {
  const below = blocks[block]?.on;
  return below === undefined ? 0 : 1 + levelOf({ blocks }, below);
};

/**
 * What becomes of a scene. A block that has one on top stays where it is. A block that is let go less than half a
 * width from the centre of a clear block stands on that; nearer than a width to any other it slides off, away from
 * it, until they touch no more.
 *
 * @param slip the deviation of where the block comes down, around where it was meant to
 */
export const act = (scene: Scene, action: Action, slip: number, random: Random): Scene => {
  if (!isClear(scene, action.block)) return scene;
  const meant = { x: action.x + slip * normal(random), y: action.y + slip * normal(random) };
  const put = settle(scene, action.block, { x: within(meant.x), y: within(meant.y) });
  return { blocks: scene.blocks.map((block, i) => (i === action.block ? put : block)) };
};

const settle = (scene: Scene, moved: number, at: Block): Block => {
  const near = [...scene.blocks.keys()]
    .filter((i) => i !== moved && isClearBut(scene, i, moved))
    .map((i) => ({ i, away: distance(scene.blocks[i], at) }))
    .reduce((best, one) => (one.away < best.away ? one : best), { i: -1, away: Infinity });
  if (near.away < SIDE / 2) return { ...at, on: near.i };
  const centre = scene.blocks[near.i];
  if (near.away >= SIDE || centre === undefined) return at;
  const scale = SIDE / near.away;
  return {
    x: within(centre.x + scale * (at.x - centre.x)),
    y: within(centre.y + scale * (at.y - centre.y)),
  };
};

/** Clear, once `moved` is in the air. */
const isClearBut = ({ blocks }: Scene, block: number, moved: number): boolean =>
  blocks.every(({ on }, i) => i === moved || on !== block);

export const distance = (a: Block | undefined, b: Block | undefined): number =>
  Math.hypot((a?.x ?? 0) - (b?.x ?? 0), (a?.y ?? 0) - (b?.y ?? 0));

const within = (value: number): number => Math.min(1, Math.max(0, value));

export const holds = ({ blocks }: Scene, { kind, one, other }: Relation): boolean => {
  const [a, b] = [blocks[one], blocks[other]];
  if (a === undefined || b === undefined) return false;
  switch (kind) {
    case "on":
      return a.on === other;
    case "left of":
      return a.x < b.x - SIDE;
    case "in front of":
      return a.y < b.y - SIDE;
  }
};

import { normal, type Random } from "../../../src/math/random.ts";
import { levelOf, SIDE, type Relation, type Scene } from "./world.ts";

/** A camera at the edge of the table, and how wrong it is about where things are. */
export interface View {
  /** Of its line of sight, in radians. */
  readonly angle: number;
  /** Deviations of an estimate: across the line of sight and along it. */
  readonly across: number;
  readonly along: number;
  /** In an episode it misplaces each block by a constant, with this deviation. */
  readonly miscalibration: number;
}

/** A block behind another is seen so many times worse. */
const HIDDEN = 4;
/** Of how high a block stands, in blocks. */
const HEIGHT_DEVIATION = 0.2;
/** Wanted beyond what a relation needs, in blocks. */
const MARGIN = 0.5;
/** Further than that is all the same, in blocks. */
const FARTHEST = 4;

export interface Seen {
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

export interface Offset {
  readonly x: number;
  readonly y: number;
}

/** By how much it misplaces each block. */
export const offsetsOf = ({ miscalibration }: View, { blocks }: Scene, random: Random): Offset[] =>
  blocks.map(() => ({ x: miscalibration * normal(random), y: miscalibration * normal(random) }));

/** Where a camera believes that blocks are. */
export const look = (view: View, scene: Scene, offsets: readonly Offset[], random: Random): Seen[] => {
  const [dx, dy] = [Math.cos(view.angle), Math.sin(view.angle)];
  const levels = scene.blocks.map((_, i) => levelOf(scene, i));
  return scene.blocks.map((block, i) => {
    const isHidden = scene.blocks.some((other, j) => {
      const nearer = (block.x - other.x) * dx + (block.y - other.y) * dy;
      const aside = Math.abs((block.x - other.x) * -dy + (block.y - other.y) * dx);
      return j !== i && nearer > SIDE / 2 && aside < SIDE / 2 && (levels[j] ?? 0) >= (levels[i] ?? 0);
    });
    const worse = isHidden ? HIDDEN : 1;
    const along = worse * view.along * normal(random);
    const across = worse * view.across * normal(random);
    return {
      x: block.x + (offsets[i]?.x ?? 0) + along * dx - across * dy,
      y: block.y + (offsets[i]?.y ?? 0) + along * dy + across * dx,
      height: (levels[i] ?? 0) + worse * HEIGHT_DEVIATION * normal(random),
    };
  });
};

/** How far from fulfilled, in blocks, negated: 0 where it holds with a margin. */
export const scoreOf = (seen: readonly Seen[], { kind, one, other }: Relation): number => {
  const [a, b] = [seen[one], seen[other]];
  if (a === undefined || b === undefined) return -FARTHEST;
  switch (kind) {
    case "on":
      return -Math.min(
        FARTHEST,
        Math.hypot(a.x - b.x, a.y - b.y) / SIDE + Math.min(1, Math.abs(a.height - b.height - 1)),
      );
    case "left of":
      return -Math.min(FARTHEST, Math.max(0, 1 + MARGIN - (b.x - a.x) / SIDE));
    case "in front of":
      return -Math.min(FARTHEST, Math.max(0, 1 + MARGIN - (b.y - a.y) / SIDE));
  }
};

/** Of cameras that see perfectly. */
export const exactly = (scene: Scene): Seen[] =>
  scene.blocks.map(({ x, y }, i) => ({ x, y, height: levelOf(scene, i) }));

import { mean } from "../../../src/math/statistics.ts";
import { randomOf } from "../random-of.ts";
import { frechetDistance } from "./frechet.ts";
import type { Gallery } from "./gallery.ts";
import { NAMES, vectorOf } from "./scorers.ts";
import { scorersFor, synthesise } from "./synthesise.ts";

/** How far vectors made for a class are from those of its unknown images, on average over classes. */
export interface DistanceResult {
  readonly scorers: readonly string[];
  readonly distance: number;
}

const ROUNDS = 2;
/** Of what a whitening shows, the principal directions; more would need more vectors a class. */
const DIRECTIONS = 8;

/**
 * Fréchet distances of so many prototypes of a tag, from different starts, to its unknown images, over the tags with the
 * most of these; by every single scorer, every pair, and all.
 */
export const evaluateDistances = async (
  gallery: Gallery,
  options: {
    readonly tags: number;
    readonly prototypes: number;
    readonly signal: AbortSignal;
    readonly onProgress: (done: number, total: number) => void;
  },
): Promise<DistanceResult[]> => {
  const { tags, prototypes, signal, onProgress } = options;
  const real = (tag: string): number[][] =>
    gallery.heldOut.flatMap(({ tags: of, vector }) =>
      of.has(tag) ? [Array.from(vector.subarray(0, DIRECTIONS))] : [],
    );
  const targets = [...gallery.targets]
    .map((target) => ({ ...target, real: real(target.tag) }))
    .sort((a, b) => b.real.length - a.real.length || (a.tag < b.tag ? -1 : 1))
    .slice(0, tags);
  const panels = [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]];
  const distances = panels.map((): number[] => []);
  let done = 0;
  for (const target of targets) {
    const scorers = scorersFor(gallery, { ...target, seed: 0 });
    for (const [at, members] of panels.entries()) {
      const made: number[][] = [];
      for (let i = 0; i < prototypes; i++) {
        signal.throwIfAborted();
        const seed = randomOf(target.tag, i).integer(2 ** 31);
        const panel = { members, weights: members.map(() => 1), rounds: ROUNDS };
        const { winner } = await synthesise(gallery, { ...target, seed }, scorers, panel, signal);
        if (winner !== null) made.push(vectorOf(winner.proposal).slice(0, DIRECTIONS));
        onProgress(++done, targets.length * panels.length * prototypes);
      }
      distances[at]?.push(await frechetDistance(made, target.real));
    }
  }
  return panels.map((members, at) => ({
    scorers: members.map((n) => NAMES[n] ?? ""),
    distance: mean(distances[at] ?? []),
  }));
};

import { mean } from "../../../src/math/statistics.ts";
import { createRandom } from "../../../src/math/random.ts";
import type { Panel, Task } from "../types.ts";
import { precisionAt10, type Gallery } from "./gallery.ts";
import { NAMES, vectorOf, type VectorScorer } from "./scorers.ts";
import { scorersFor, synthesise, type Target } from "./synthesise.ts";

const ROUNDS = 2;

/** Prototypes of tags: how many of the unknown images nearest to one have the tag. */
export const createSynthesisTask = (
  gallery: Gallery,
  counts: { readonly development: number; readonly test: number; readonly seed: number },
): Task<Target> => {
  const random = createRandom(counts.seed);
  const targets = gallery.targets
    .slice(0, counts.development + counts.test)
    .map((target): Target => ({ ...target, seed: random.integer(2 ** 31) }));
  const known = new WeakMap<Target, VectorScorer[]>();
  const scorersOf = (target: Target): VectorScorer[] => {
    const scorers = known.get(target) ?? scorersFor(gallery, target);
    known.set(target, scorers);
    return scorers;
  };
  const members = [...NAMES.keys()];
  const all: Panel = { members, weights: members.map(() => 1), rounds: ROUNDS };
  return {
    name: "synthesis",
    about: `A vector for each of so many tags, ${ROUNDS} rounds; value: the share of the 10 nearest held-out images with the tag.`,
    scorers: NAMES,
    rounds: ROUNDS,
    development: targets.slice(0, counts.development),
    test: targets.slice(counts.development),
    subjectOf: ({ tag }) => tag,
    solve: async (target, panel, signal) => {
      const { winner } = await synthesise(gallery, target, scorersOf(target), panel, signal);
      return winner === null ? 0 : precisionAt10(gallery, vectorOf(winner.proposal), target.tag);
    },
    bounds: async (target, signal) => {
      const run = await synthesise(gallery, target, scorersOf(target), { ...all, rounds: 1 }, signal);
      const values = run.ranking.map(({ proposal }) =>
        precisionAt10(gallery, vectorOf(proposal), target.tag),
      );
      return { random: mean(values), oracle: Math.max(...values) };
    },
    labelled: async (target, signal) => {
      const { ranking } = await synthesise(gallery, target, scorersOf(target), all, signal);
      const values = ranking.map(({ proposal }) => precisionAt10(gallery, vectorOf(proposal), target.tag));
      const best = Math.max(...values);
      if (best === Math.min(...values)) return undefined;
      return {
        members: members.map((n) => Float64Array.from(ranking, ({ scores }) => scores[n] ?? Number.NaN)),
        right: values.flatMap((value, i) => (value === best ? [i] : [])),
      };
    },
  };
};

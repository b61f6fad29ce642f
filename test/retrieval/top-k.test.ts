import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emptyNeighbours, createTopK } from "../../src/retrieval/top-k.ts";
import type { Slot } from "../../src/retrieval/types.ts";

/** Slots whose scores are equal come in the order of their last digit, then of their number. */
const compare = (a: Slot, b: Slot): number => (a % 10) - (b % 10) || a - b;

/** What a sort of all finds. */
const reference = (scores: readonly number[], k: number): number[] =>
  [...scores.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || compare(a, b)).slice(0, k);

const found = (scores: readonly number[], k: number): { slots: number[]; scores: number[] } => {
  const best = createTopK(1, k, compare);
  scores.forEach((score, slot) => {
    best.offer(0, slot, score);
  });
  const result = emptyNeighbours(1, k);
  best.write(0, result, 0);
  const [count = 0] = result.counts;
  return { slots: [...result.slots.subarray(0, count)], scores: [...result.scores.subarray(0, count)] };
};

const float32 = fc.float({ noNaN: true, noDefaultInfinity: true, min: -2, max: 2 });
/** Evenly spread, of few values, about one place, or with some that are far from all others. */
const shapes: readonly (readonly [string, fc.Arbitrary<number>])[] = [
  ["spread", float32],
  ["of few values", fc.constantFrom(-1, -0.5, -0, 0, 0.25, 0.5)],
  ["all equal", fc.constant(0.5)],
  ["close together", fc.integer({ min: 0, max: 500 }).map((i) => Math.fround(0.9 + i * 1e-7))],
  [
    "far apart",
    fc.oneof(
      { weight: 30, arbitrary: float32 },
      { weight: 1, arbitrary: fc.constantFrom(1e30, -1e30, 3e38, -3e38).map(Math.fround) },
    ),
  ],
];

describe("the k best", () => {
  test.each(shapes)("of scores that are %s are those of a sort, ties in their order", (_, score) => {
    fc.assert(
      fc.property(
        fc.array(score, { minLength: 1, maxLength: 1_500, size: "max" }),
        fc.integer({ min: 1, max: 300 }),
        (scores, k) => {
          const wanted = reference(scores, k);
          const { slots, scores: told } = found(scores, k);
          expect(slots).toEqual(wanted);
          expect(told.map((value) => value + 0)).toEqual(wanted.map((slot) => (scores[slot] ?? 0) + 0));
        },
      ),
      { numRuns: 60 },
    );
  });
});

import { describe, expect, test } from "vitest";

import { normals, seededRandom } from "../../support/random.ts";
import { learnWeights, type LabelledPool } from "../../../research/consensus-tasks/weights.ts";

/** Pools of ten proposals, the first of which is right; each scorer sees that with so much noise. */
const pools = (noises: readonly number[], seed = 1): LabelledPool[] => {
  const random = seededRandom(seed);
  const draw = (): number => normals(1, random)[0] ?? 0;
  return Array.from({ length: 200 }, () => ({
    members: noises.map((noise) =>
      Float64Array.from({ length: 10 }, (_, i) => (i === 0 ? 1 : 0) + noise * draw()),
    ),
    right: [0],
  }));
};

const winsOf = (some: readonly LabelledPool[], weights: readonly number[]): number =>
  some.filter(({ members }) => {
    const sums = Array.from({ length: 10 }, (_, i) =>
      members.reduce((sum, scores, n) => sum + (weights[n] ?? 0) * (scores[i] ?? 0), 0),
    );
    return sums.every((sum, i) => i === 0 || sum < (sums[0] ?? 0));
  }).length;

describe("weights that are learned", () => {
  test("follow what each scorer is worth: the inverse of its noise's variance", () => {
    const weights = learnWeights(pools([0.5, 1]), 2);
    expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    expect(weights[0]).toBeGreaterThan(0.7);
    expect(weights[0]).toBeLessThan(0.9);
  });

  test("are nothing for a scorer that misleads", () => {
    const misled = pools([0.5, 0.5]).map(({ members: [good, bad], right }) => ({
      members: [good ?? new Float64Array(), (bad ?? new Float64Array()).map((score) => -score)],
      right,
    }));
    expect(learnWeights(misled, 2)).toEqual([1, 0]);
  });

  test("answer new pools better than equal ones", () => {
    const noises = [0.4, 2, 2, 2];
    const weights = learnWeights(pools(noises), 4);
    const fresh = pools(noises, 2);
    expect(winsOf(fresh, weights)).toBeGreaterThan(winsOf(fresh, [0.25, 0.25, 0.25, 0.25]) + 20);
  });

  test("stay equal where no scorer says anything", () => {
    const silent = [{ members: [Float64Array.of(0, 0), Float64Array.of(0, 0)], right: [1] }];
    expect(learnWeights(silent, 2)).toEqual([0.5, 0.5]);
  });
});

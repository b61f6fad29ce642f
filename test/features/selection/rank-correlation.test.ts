import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  kendallTau,
  pearson,
  spearman,
  topOneRegret,
  weightedTau,
} from "../../../src/features/selection/rank-correlation/index.ts";
import {
  naiveKendallTau,
  naivePearson,
  naiveRanks,
  naiveWeightedTau,
} from "../../support/naive-rank-correlation.ts";
import { seededRandom } from "../../support/random.ts";
import { averageRanks } from "../../../src/math/ensemble/index.ts";

const STATISTICS = { weightedTau, kendallTau, spearman, pearson };
type Name = keyof typeof STATISTICS;
const NAMES = Object.keys(STATISTICS) as Name[];
const OF_RANKS = NAMES.filter((name) => name !== "pearson");

const varied = (values: readonly number[]): boolean => new Set(values).size > 1;
/** Two lists of the same length with many ties, neither of them all the same. */
const pairs = fc
  .array(fc.tuple(fc.integer({ min: -4, max: 4 }), fc.integer({ min: 0, max: 6 })), {
    minLength: 2,
    maxLength: 40,
  })
  .map((items) => [items.map(([x]) => x), items.map(([, y]) => y)] as const)
  .filter(([x, y]) => varied(x) && varied(y));

describe("the weighted tau", () => {
  // The examples of scipy's documentation of scipy.stats.weightedtau.
  const x = [12, 2, 1, 12, 2];
  const y = [1, 4, 7, 1, 0];

  it("is what scipy publishes: both directions' ranks, one's, and multiplied weights", () => {
    expect(weightedTau(x, y)).toBeCloseTo(-0.56694968153682723, 14);
    expect(weightedTau(x, y, { additive: false })).toBeCloseTo(-0.62205716951801038, 14);
    expect(weightedTau(x, y, { ranks: "x" })).toBeCloseTo(-0.4157652301037516, 14);
    expect(weightedTau(y, x, { ranks: "x" })).toBeCloseTo(-0.7181341329699028, 14);
  });

  it("is the definition's, pair by pair, whatever is tied", () => {
    fc.assert(
      fc.property(pairs, fc.boolean(), ([a, b], additive) => {
        expect(weightedTau(a, b, { additive })).toBeCloseTo(naiveWeightedTau(a, b, additive), 12);
      }),
    );
  });

  it("is the definition's for 2,000 items", () => {
    const random = seededRandom(3);
    const a = Array.from({ length: 2_000 }, () => Math.floor(random() * 700));
    const b = a.map((value) => Math.round(value / 9 + 60 * random()));
    expect(weightedTau(a, b)).toBeCloseTo(naiveWeightedTau(a, b), 12);
    expect(kendallTau(a, b)).toBeCloseTo(naiveKendallTau(a, b), 12);
  });

  it("counts an exchange at the top for more than one at the bottom", () => {
    const truth = [5, 4, 3, 2, 1];
    const top = weightedTau([4, 5, 3, 2, 1], truth) ?? 0;
    const bottom = weightedTau([5, 4, 3, 1, 2], truth) ?? 0;
    expect(top).toBeLessThan(bottom);
    expect(kendallTau([4, 5, 3, 2, 1], truth)).toBe(kendallTau([5, 4, 3, 1, 2], truth));
  });
});

describe("Kendall's tau", () => {
  it("is what scipy publishes", () => {
    // The example of scipy.stats.kendalltau.
    expect(kendallTau([12, 2, 1, 12, 2], [1, 4, 7, 1, 0])).toBeCloseTo(-0.47140452079103173, 14);
  });

  it("is the definition's, pair by pair, whatever is tied", () => {
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        expect(kendallTau(a, b)).toBeCloseTo(naiveKendallTau(a, b), 12);
      }),
    );
  });
});

describe("Spearman's and Pearson's correlations", () => {
  it("are what scipy publishes", () => {
    // The examples of scipy.stats.spearmanr and scipy.stats.pearsonr.
    expect(spearman([1, 2, 3, 4, 5], [5, 6, 7, 8, 7])).toBeCloseTo(0.82078268166812329, 14);
    expect(pearson([1, 2, 3, 4, 5, 6, 7], [10, 9, 2.5, 6, 4, 3, 2])).toBeCloseTo(-0.828503883588428, 13);
  });

  it("are the textbook's", () => {
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        expect(pearson(a, b)).toBeCloseTo(naivePearson(a, b), 12);
        expect(spearman(a, b)).toBeCloseTo(naivePearson(naiveRanks(a), naiveRanks(b)), 12);
        expect([...averageRanks(a, "lowest")]).toEqual(naiveRanks(a));
      }),
    );
  });

  it("lose nothing to very large or very small values", () => {
    expect(pearson([-1e308, 0, 1e308], [1e-320, 2e-320, 3e-320])).toBeCloseTo(1, 12);
    expect(pearson([1, 1 + Number.EPSILON], [0, 1])).toBe(1);
  });
});

describe.each(NAMES)("%s", (name) => {
  const statistic = STATISTICS[name];

  it("lies in [-1, 1] and is the same the other way round", () => {
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        const value = statistic(a, b) ?? Infinity;
        expect(Math.abs(value)).toBeLessThanOrEqual(1);
        expect(statistic(b, a)).toBeCloseTo(value, 12);
      }),
    );
  });

  it("is 1 of a list with itself and -1 with its opposite", () => {
    fc.assert(
      fc.property(pairs, ([a]) => {
        expect(statistic(a, a)).toBeCloseTo(1, 12);
        // Ranked from the other end the weights differ, but every pair disagrees.
        expect(
          statistic(
            a,
            a.map((value) => -value),
          ),
        ).toBeCloseTo(-1, 12);
      }),
    );
  });

  it("is not defined where one side is all the same, or for fewer than two items", () => {
    expect(statistic([1, 1, 1], [1, 2, 3])).toBeNull();
    expect(statistic([1, 2, 3], [0.1, 0.1, 0.1])).toBeNull();
    expect(statistic([1], [1])).toBeNull();
    expect(statistic([], [])).toBeNull();
  });
});

describe.each(OF_RANKS)("%s", (name) => {
  it("is the same for any values in the same order", () => {
    const statistic = STATISTICS[name];
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        expect(
          statistic(
            a.map(Math.exp),
            b.map((value) => value ** 3),
          ),
        ).toBe(statistic(a, b));
      }),
    );
  });
});

describe("the regret of the first choice", () => {
  it("is the best truth less that of the highest score", () => {
    expect(topOneRegret([0.1, 0.9, 0.5], [70, 80, 86])).toBe(6);
    expect(topOneRegret([1, 2, 3], [70, 80, 86])).toBe(0);
  });

  it("is the mean over those that share the highest score", () => {
    expect(topOneRegret([2, 2, 1], [70, 80, 86])).toBe(11);
  });
});

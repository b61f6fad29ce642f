import { describe, expect, test } from "vitest";
import {
  aggregate,
  normaliseScores,
  type Aggregation,
  type Normalisation,
  averageRanks,
} from "../../../src/math/ensemble/index.ts";
import { kendallW } from "../../../src/features/consensus/agreement.ts";

/** Four proposals A, B, C, D under two scorers of different units; the values are those of the method's page. */
const FIRST = Float64Array.of(0.9, 0.5, 0.4, 0.1);
const SECOND = Float64Array.of(10, 30, 20, 20);

const both = (calibration: Normalisation): Float64Array[] =>
  [FIRST, SECOND].map((scores) => normaliseScores(scores, calibration));

const aggregated = (calibration: Normalisation, aggregation: Aggregation, weights = [1, 1]): number[] => [
  ...aggregate(both(calibration), weights, aggregation).values,
];

const expectClose = (values: Iterable<number>, expected: readonly number[], digits = 4): void => {
  [...values].forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i] ?? Number.NaN, digits);
  });
  expect([...values]).toHaveLength(expected.length);
};

describe("two scorers of different units", () => {
  test("come to z-scores of one scale", () => {
    const [first = [], second = []] = both({ kind: "z" });
    expectClose(first, [1.4853, 0.0874, -0.2621, -1.3106]);
    expectClose(second, [-1.4142, 1.4142, 0, 0]);
  });

  test.each([
    ["the mean of z-scores", { kind: "z" }, { kind: "mean" }, [0.0355, 0.7508, -0.1311, -0.6553]],
    ["the worst case", { kind: "z" }, { kind: "min" }, [-1.4142, 0.0874, -0.2621, -1.3106]],
    ["robust z-scores", { kind: "robust-z" }, { kind: "mean" }, [0.0843, 0.7588, -0.0843, -0.5902]],
    ["mean ranks", { kind: "rank" }, { kind: "mean" }, [0.5, 0.8333, 0.4167, 0.25]],
  ] as const)("agree on B by %s", (_, calibration, aggregation, expected) => {
    expectClose(aggregated(calibration, aggregation), expected);
  });

  test("hold B's lead less surely where the first counts twice", () => {
    expectClose(aggregated({ kind: "z" }, { kind: "mean" }, [2, 1]), [0.5188, 0.5297, -0.1747, -0.8737]);
  });

  test("become shares by a softmax of their z-scores", () => {
    expectClose(normaliseScores(FIRST, { kind: "softmax" }), [0.6746, 0.1667, 0.1175, 0.0412]);
  });

  test("multiply as experts", () => {
    const values = aggregated({ kind: "softmax" }, { kind: "product" });
    const shares = values.map(Math.exp);
    const total = shares.reduce((a, b) => a + b, 0);
    expectClose(
      shares.map((share) => share / total),
      [0.1626, 0.68, 0.1166, 0.0408],
    );
  });

  test("are fused by reciprocal ranks", () => {
    const values = aggregated({ kind: "none" }, { kind: "reciprocal-rank" });
    expectClose(values, [0.032018, 0.032522, 0.031873, 0.031625], 6);
  });

  test("are decided by the second alone where nothing brings them to one scale", () => {
    expect(aggregated({ kind: "none" }, { kind: "mean" })).toEqual([5.45, 15.25, 10.2, 10.05]);
  });

  test("agree by Kendall's W of 0.342, ties corrected", () => {
    expect(kendallW([FIRST, SECOND])).toBeCloseTo(0.342, 3);
  });
});

describe("places", () => {
  test("of equal scores are shared", () => {
    expect([...averageRanks([3, 1, 3, 2], "highest")]).toEqual([1.5, 4, 1.5, 3]);
  });

  test("are none where a scorer cannot judge", () => {
    expect([...averageRanks([3, Number.NaN, 5], "highest")]).toEqual([2, Number.NaN, 1]);
  });

  test("give Borda points for those behind, and the majority's weight to the first", () => {
    expect(aggregated({ kind: "none" }, { kind: "borda" })).toEqual([3, 5, 2.5, 1.5]);
    expect(aggregated({ kind: "none" }, { kind: "majority" })).toEqual([1, 1, 0, 0]);
  });
});

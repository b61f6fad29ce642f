import { describe, expect, it } from "vitest";
import { confidenceOf, fuseScores, standardScores } from "../../../research/ladder/fuse.ts";
import {
  chooseThreshold,
  fitRungTemperature,
  type StoppingQuestion,
} from "../../../research/ladder/thresholds.ts";
import { upperBound } from "../../../research/ladder/upper-bound.ts";
import { createRandom, normal } from "../../../src/math/random.ts";

describe("the upper bound of a share", () => {
  it.each([
    [0, 100, 0.029513],
    [3, 500, 0.015434],
    [12, 800, 0.02419],
    [15, 800, 0.028725],
    [16, 800, 0.030219],
    [17, 800, 0.031704],
  ])("of %d in %d is the one of Clopper and Pearson", (hits, n, bound) => {
    expect(upperBound(hits, n)).toBeCloseTo(bound, 6);
  });

  it("is 1 without observations and where all are hits", () => {
    expect([upperBound(0, 0), upperBound(4, 4)]).toEqual([1, 1]);
  });

  it("does not underflow for many observations", () => {
    expect(upperBound(3_000, 100_000)).toBeCloseTo(0.0309, 3);
  });
});

describe("fused scores", () => {
  it("are standardized by the population deviation", () => {
    const [low, middle, high] = standardScores(Float64Array.of(1, 2, 3));
    expect([low, middle, high].map((score) => score?.toFixed(6))).toEqual([
      "-1.224745",
      "0.000000",
      "1.224745",
    ]);
  });

  it("are zeros where all classes score the same", () => {
    expect([...standardScores(Float64Array.of(0.1, 0.1, 0.1))]).toEqual([0, 0, 0]);
  });

  it("add up over rungs", () => {
    const first = fuseScores(null, Float64Array.of(1, 2, 3));
    expect([...fuseScores(first, Float64Array.of(30, 20, 10))]).toEqual([0, 0, 0]);
  });

  it("give the confidence of the reference at temperature 1", () => {
    expect(confidenceOf(standardScores(Float64Array.of(1, 2, 3)), 1)).toBeCloseTo(0.724548, 6);
  });

  it("are surer at a lower temperature", () => {
    const scores = Float64Array.of(0, 1);
    expect(confidenceOf(scores, 0.5)).toBeCloseTo(1 / (1 + Math.exp(-2)), 12);
  });
});

describe("the temperature of a rung", () => {
  it("is found again in classes that were drawn by it", () => {
    const random = createRandom(3);
    const questions = Array.from({ length: 1_500 }, () => {
      const scores = Float64Array.from({ length: 6 }, () => normal(random));
      const weights = scores.map((score) => Math.exp(score / 0.5));
      let left = random.next() * weights.reduce((sum, weight) => sum + weight, 0);
      return { scores, truth: weights.findIndex((weight) => (left -= weight) < 0) };
    });
    expect(Math.abs(Math.log(fitRungTemperature(questions) / 0.5))).toBeLessThan(0.12);
  });

  it("is the smallest of those that fit alike", () => {
    const questions = [{ scores: Float64Array.of(0, 0), truth: 1 }];
    expect(fitRungTemperature(questions)).toBeCloseTo(0.05, 12);
  });

  it("is the highest where the first class is always wrong", () => {
    expect(fitRungTemperature([{ scores: Float64Array.of(1, 0), truth: 1 }])).toBeCloseTo(5, 12);
  });
});

/** 800 questions of falling confidence; those at `lost` are lost. */
const questionsWith = (lost: readonly number[]): StoppingQuestion[] =>
  Array.from({ length: 800 }, (_, i) => ({ confidence: 1 - i / 1_000, lost: lost.includes(i) }));
const first = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe("the threshold of a rung", () => {
  it("stops everything where the bound holds for all", () => {
    const rule = chooseThreshold(questionsWith(first(15)), 0.03);
    expect(rule).toMatchObject({ harmed: 15, questions: 800 });
    expect(rule.threshold).toBeCloseTo(1 - 799 / 1_000, 12);
    expect(rule.bound).toBeCloseTo(0.028725, 6);
  });

  it("is the last one before the first failure", () => {
    // The 16th lost question lies between the quantiles 24/30 and 23/30.
    const rule = chooseThreshold(questionsWith([...first(15), 170]), 0.03);
    expect(rule.threshold).toBeCloseTo(0.201 + 0.799 * (24 / 30), 12);
    expect(rule.harmed).toBe(15);
  });

  it("lets everything go on where even the surest are lost too often", () => {
    const rule = chooseThreshold(questionsWith(first(400)), 0.03);
    expect(rule.harmed).toBeLessThanOrEqual(15);
    expect(rule.threshold).toBeGreaterThanOrEqual(1 - 15 / 1_000);
  });

  it("is infinite where there are too few questions for any bound", () => {
    const rule = chooseThreshold(questionsWith([]).slice(0, 90), 0.03);
    expect(rule).toMatchObject({ threshold: Infinity, harmed: 0, questions: 90 });
  });

  it("counts a question at the threshold itself as stopped", () => {
    const alike = Array.from({ length: 200 }, () => ({ confidence: 0.5, lost: true }));
    expect(chooseThreshold(alike, 0.03)).toMatchObject({ threshold: Infinity, harmed: 0 });
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aggregate, normaliseScores, type Normalisation } from "../../../src/math/ensemble/index.ts";
import { agreementOf, kendallW } from "../../../src/features/consensus/agreement.ts";

const scores = fc
  .array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 30 })
  .map((values) => Float64Array.from(values));

const MONOTONE: readonly Normalisation[] = [
  { kind: "none" },
  { kind: "affine", scale: 2, shift: 3 },
  { kind: "z" },
  { kind: "robust-z" },
  { kind: "min-max" },
  { kind: "rank" },
  { kind: "softmax" },
  { kind: "log-softmax" },
  { kind: "ecdf" },
  { kind: "logistic", slope: 0.5, intercept: -1 },
];

describe("a calibration", () => {
  test.each(MONOTONE)("never turns two scores around ($kind)", (calibration) => {
    fc.assert(
      fc.property(scores, (values) => {
        const result = normaliseScores(values, calibration);
        values.forEach((a, i) => {
          values.forEach((b, j) => {
            if (a >= b) expect(result[i]).toBeGreaterThanOrEqual(result[j] ?? Number.NaN);
          });
        });
      }),
      { numRuns: 50 },
    );
  });

  test.each(MONOTONE)("leaves out what was not judged ($kind)", (calibration) => {
    const [unknown, ...known] = normaliseScores(Float64Array.of(Number.NaN, 1, 2, 3, 5), calibration);
    expect(unknown).toBeNaN();
    expect(known).toEqual([...normaliseScores(Float64Array.of(1, 2, 3, 5), calibration)]);
  });

  test("to z-scores does not depend on unit and origin", () => {
    const values = Float64Array.of(1, 2, 4, 8, 9);
    const other = values.map((value) => 1000 * value - 7);
    normaliseScores(values, { kind: "z" }).forEach((z, i) => {
      expect(normaliseScores(other, { kind: "z" })[i]).toBeCloseTo(z, 12);
    });
  });

  test("to z-scores stops at four deviations", () => {
    const values = Float64Array.from({ length: 100 }, (_, i) => (i === 0 ? 1e9 : i % 7));
    expect(normaliseScores(values, { kind: "z" })[0]).toBe(4);
    expect(normaliseScores(values, { kind: "z", clip: 100 })[0]).toBeCloseTo(Math.sqrt(99), 6);
  });

  test("takes mean and deviation of a background where there is one", () => {
    const background = Float64Array.of(-1, 1, -1, 1);
    expect([...normaliseScores(Float64Array.of(2, -3), { kind: "z" }, background)]).toEqual([2, -3]);
  });

  test("falls back to ranks where fewer than four scores are known", () => {
    expect([...normaliseScores(Float64Array.of(5, 100, 6), { kind: "z" })]).toEqual([0, 1, 0.5]);
  });

  test("says nothing where all scores are the same", () => {
    const flat = Float64Array.of(3, 3, 3, 3);
    expect([...normaliseScores(flat, { kind: "z" })]).toEqual([0, 0, 0, 0]);
    expect([...normaliseScores(flat, { kind: "robust-z" })]).toEqual([0, 0, 0, 0]);
    expect([...normaliseScores(flat, { kind: "min-max" })]).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect([...normaliseScores(flat, { kind: "rank" })]).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  test("by robust z-scores is not moved by one wild score", () => {
    const calm = normaliseScores(Float64Array.of(1, 2, 3, 4, 5, 6), { kind: "robust-z" });
    const wild = normaliseScores(Float64Array.of(1, 2, 3, 4, 5, 1e6), { kind: "robust-z" });
    expect([...wild.slice(0, 5)]).toEqual([...calm.slice(0, 5)]);
  });
});

describe("an aggregate", () => {
  const first = Float64Array.of(1, Number.NaN, 0);
  const second = Float64Array.of(3, 2, Number.NaN);

  test("is over the scorers that judge, their weights renormalised, and tells their share", () => {
    const { values, judged } = aggregate([first, second], [3, 1], { kind: "mean" });
    expect([...values]).toEqual([1.5, 2, 0]);
    expect([...judged]).toEqual([1, 0.25, 0.75]);
  });

  test("is nothing where nobody judges", () => {
    const nobody = Float64Array.of(Number.NaN);
    const { values, judged } = aggregate([nobody, nobody], [1, 1], { kind: "mean" });
    expect([...values, ...judged]).toEqual([Number.NaN, 0]);
  });

  test("punishes disagreement by its variance", () => {
    const values = aggregate([Float64Array.of(4, 2), Float64Array.of(0, 2)], [1, 1], {
      kind: "mean-variance",
    }).values;
    expect([...values]).toEqual([0, 2]);
  });

  test("leaves out the highest and the lowest of three where it is trimmed", () => {
    const values = aggregate(
      [9, 2, -5].map((value) => Float64Array.of(value)),
      [1, 1, 1],
      { kind: "trimmed" },
    );
    expect(values.values[0]).toBeCloseTo(2, 12);
  });
});

describe("agreement", () => {
  test("is whole where all rank alike", () => {
    const members = [Float64Array.of(3, 2, 1), Float64Array.of(30, 20, 10)];
    expect(kendallW(members)).toBe(1);
    const told = agreementOf(members, [1, 1], { kind: "mean" }, Float64Array.of(3, 2, 1), [0, 1, 2]);
    expect(told).toMatchObject({ margin: 1, agreement: 1, stableWithout: [true, true] });
  });

  test("names the scorer without which another wins", () => {
    const members = [Float64Array.of(5, 0), Float64Array.of(0, 1), Float64Array.of(0, 1)];
    const { values } = aggregate(members, [1, 1, 1], { kind: "mean" });
    const told = agreementOf(members, [1, 1, 1], { kind: "mean" }, values, [0, 1]);
    expect(told.stableWithout).toEqual([false, true, true]);
    expect(told.agreement).toBeCloseTo(1 / 3, 12);
    expect(told.disagreement).toBeCloseTo(Math.sqrt((2 * (5 / 3) ** 2 + (10 / 3) ** 2) / 3), 12);
  });

  test("of a single proposal has no margin", () => {
    const one = Float64Array.of(1);
    const told = agreementOf([one], [1], { kind: "mean" }, one, [0]);
    expect(told).toEqual({
      margin: null,
      marginInDeviations: null,
      agreement: 1,
      kendallW: null,
      entropy: -0,
      disagreement: 0,
      stableWithout: [null],
    });
  });
});

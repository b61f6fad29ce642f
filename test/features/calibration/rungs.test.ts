import { describe, expect, it } from "vitest";
import { judge, standardOf } from "../../../src/features/calibration/judge.ts";
import { measureRung } from "../../../src/features/calibration/measure-rung.ts";
import { rungFor, rungSizes } from "../../../src/features/calibration/rungs.ts";
import type { Calibration, Rung } from "../../../src/features/calibration/types.ts";
import { createRandom } from "../../../src/math/random.ts";
import { normals, seededRandom } from "../../support/random.ts";

/** Questions whose true class scores more than the others by `lead`, on average; in two halves. */
const asked = (count: number, width: number, lead: number, seed: number) => {
  const scores = normals(count * width, seededRandom(seed));
  for (let row = 0; row < count; row++) scores[row * width] = (scores[row * width] ?? 0) + lead;
  return { tables: [scores], width, halves: Uint8Array.from({ length: count }, (_, row) => row % 2) };
};

describe("the numbers of classes that are measured", () => {
  it("rise by factors of the square root of 2, with all there are and what is asked for", () => {
    expect(rungSizes(24)).toEqual([2, 3, 4, 6, 8, 11, 16, 23, 24]);
    expect(rungSizes(24, 5)).toContain(5);
    expect(rungSizes(24, 500)).toEqual(rungSizes(24));
    expect(rungSizes(2)).toEqual([2]);
  });

  it("stand for requests of as many classes or fewer, the largest for all that have more", () => {
    const rungs = [2, 4, 8].map((classes) => ({ classes }) as Rung);
    const calibration = { rungs } as unknown as Calibration;
    const found = [1, 2, 3, 4, 5, 8, 9].map((classes) => rungFor(calibration, classes).classes);
    expect(found).toEqual([2, 2, 4, 4, 8, 8, 8]);
  });
});

describe("a measured number of classes", () => {
  it("knows how often the first class is right, and is as sure as that", async () => {
    const { evidence } = await measureRung(asked(4_000, 10, 2, 1), 10, createRandom(1));
    expect(evidence.fittedImages).toBe(2_000);
    expect(evidence.testedImages).toBe(2_000);
    expect(Math.abs(evidence.meanConfidence - evidence.accuracy)).toBeLessThan(0.05);
    expect(evidence.expectedCalibrationError.tested).toBeLessThan(0.06);
  });

  it("keeps what it says of abstaining and of sets, each half by the other's thresholds", async () => {
    const { evidence } = await measureRung(asked(4_000, 10, 2, 2), 10, createRandom(2));
    for (const { coverage, measuredCoverage } of evidence.conformal)
      expect(Math.abs(measuredCoverage - coverage)).toBeLessThan(0.035);
    const atTen = evidence.abstain.find(({ risk }) => risk === 0.1);
    expect(atTen?.coverage).toBeGreaterThan(0.1);
    expect(Math.abs((atTen?.measuredRisk ?? 1) - 0.1)).toBeLessThan(0.05);
  });

  it("gives the true class no advantage where all score the same", async () => {
    const same = { ...asked(4_000, 5, 0, 3), tables: [new Float32Array(20_000)] };
    const { evidence, temperature } = await measureRung(same, 5, createRandom(3));
    expect(evidence.accuracy).toBeCloseTo(0.2, 1);
    expect(evidence.meanConfidence).toBeCloseTo(0.2, 12);
    expect(Number.isFinite(temperature)).toBe(true);
  });

  it("covers as often with fewer classes, drawn from the others at random", async () => {
    const given = asked(2_000, 20, 2, 4);
    const rung = await measureRung(given, 20, createRandom(4));
    const standard = standardOf(rung, { coverage: 0.9 });
    for (const classes of [2, 7, 20]) {
      const [scores = new Float32Array()] = asked(2_000, 20, 2, 5).tables;
      let covered = 0;
      for (let row = 0; row < 2_000; row++) {
        const own = scores.subarray(row * 20, row * 20 + classes);
        const ranked = Array.from(own, (score, i) => ({ name: String(i), score }));
        ranked.sort((a, b) => b.score - a.score);
        if (judge(standard, ranked).set?.some(({ name }) => name === "0") === true) covered++;
      }
      expect(covered / 2_000).toBeGreaterThan(0.87);
    }
  });

  it("abstains always where even the surest were wrong too often, and never where all may be wrong", async () => {
    const rung = await measureRung(asked(400, 6, 0, 6), 6, createRandom(6));
    const ranked = [
      { name: "a", score: 3 },
      { name: "b", score: -3 },
    ];
    const never = { ...rung, correct: rung.correct.map(() => 0 as const) };
    expect(judge(standardOf(never, { risk: 0.1 }), ranked).abstained).toBe(true);
    const always = { ...rung, correct: rung.correct.map(() => 1 as const) };
    expect(judge(standardOf(always, { risk: 0.1 }), ranked).abstained).toBe(false);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conformalThreshold } from "../../../src/features/calibration/conformal.ts";
import { expectedCalibrationError } from "../../../src/features/calibration/expected-error.ts";
import { pointAtRisk, riskCoverage } from "../../../src/features/calibration/risk-coverage.ts";
import { seededRandom } from "../../support/random.ts";

const outcome = fc.record({ confidence: fc.double({ min: 0, max: 1, noNaN: true }), correct: fc.boolean() });
const outcomes = fc.array(outcome, { minLength: 1, maxLength: 60 });

describe("the conformal threshold", () => {
  it("is the ceil((n + 1) coverage)-th highest probability of a true class", () => {
    const probabilities = [0.9, 0.1, 0.5, 0.3, 0.7, 0.2, 0.8, 0.4, 0.6];
    expect(conformalThreshold(probabilities, 0.9)).toBe(0.1);
    expect(conformalThreshold(probabilities, 0.8)).toBe(0.2);
    expect(conformalThreshold(probabilities, 0.1)).toBe(0.9);
  });

  it("lets every class in where there are too few questions for the coverage", () => {
    expect(conformalThreshold([0.9, 0.8], 0.9)).toBe(0);
    expect(conformalThreshold([], 0.5)).toBe(0);
  });

  it("covers the next of exchangeable questions as often as it says", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 60 }),
        fc.constantFrom(0.5, 0.8, 0.9),
        fc.nat(),
        (n, coverage, seed) => {
          const random = seededRandom(seed);
          const trials = 2_000;
          let covered = 0;
          for (let trial = 0; trial < trials; trial++) {
            const probabilities = Array.from({ length: n }, () => random() ** 3);
            if (random() ** 3 >= conformalThreshold(probabilities, coverage)) covered++;
          }
          // Four standard deviations below: once in some 30,000.
          const slack = 4 * Math.sqrt((coverage * (1 - coverage)) / trials);
          expect(covered / trials).toBeGreaterThan(coverage - slack);
          expect(covered / trials).toBeLessThan(coverage + 1 / (n + 1) + slack);
        },
      ),
      { numRuns: 20, seed: 1 },
    );
  });
});

describe("the risk-coverage curve", () => {
  it("answers the most confident first, and those of one confidence together", () => {
    const curve = riskCoverage([
      { confidence: 0.5, correct: false },
      { confidence: 0.9, correct: true },
      { confidence: 0.5, correct: true },
      { confidence: 0.7, correct: true },
    ]);
    expect(curve).toEqual([
      { threshold: 0.9, coverage: 0.25, risk: 0 },
      { threshold: 0.7, coverage: 0.5, risk: 0 },
      { threshold: 0.5, coverage: 1, risk: 0.25 },
    ]);
    expect(pointAtRisk(curve, 0.1)?.threshold).toBe(0.7);
    expect(pointAtRisk(curve, 0.25)?.threshold).toBe(0.5);
  });

  it("has no point where even the most confident are wrong", () => {
    expect(pointAtRisk(riskCoverage([{ confidence: 0.9, correct: false }]), 0.5)).toBeNull();
    expect(pointAtRisk([], 0.5)).toBeNull();
  });

  it("says of each threshold what answering by it comes to, and of a risk the point that answers the most", () => {
    fc.assert(
      fc.property(outcomes, fc.double({ min: 0, max: 1, noNaN: true }), (all, risk) => {
        const curve = riskCoverage(all);
        for (const point of curve) {
          const answered = all.filter(({ confidence }) => confidence >= point.threshold);
          expect(point.coverage).toBe(answered.length / all.length);
          expect(point.risk).toBe(answered.filter(({ correct }) => !correct).length / answered.length);
        }
        const kept = curve.filter((point) => point.risk <= risk).map(({ coverage }) => coverage);
        expect(pointAtRisk(curve, risk)?.coverage ?? 0).toBe(Math.max(0, ...kept));
      }),
    );
  });
});

describe("the expected calibration error", () => {
  it("is 0 of none, and of what is as often right as it says", () => {
    expect(expectedCalibrationError([])).toBe(0);
    const half = [true, false].map((correct) => ({ confidence: 0.5, correct }));
    expect(expectedCalibrationError(half)).toBe(0);
    expect(expectedCalibrationError([{ confidence: 1, correct: true }])).toBe(0);
    expect(expectedCalibrationError([{ confidence: 1, correct: false }])).toBe(1);
  });

  it("is the weighted distance of confidence and accuracy over bins", () => {
    fc.assert(
      fc.property(outcomes, (all) => {
        let expected = 0;
        for (let bin = 0; bin < 15; bin++) {
          const own = all.filter(({ confidence }) => Math.min(14, Math.floor(confidence * 15)) === bin);
          if (own.length === 0) continue;
          const confidence = own.reduce((sum, each) => sum + each.confidence, 0) / own.length;
          const accuracy = own.filter(({ correct }) => correct).length / own.length;
          expected += (own.length / all.length) * Math.abs(confidence - accuracy);
        }
        expect(expectedCalibrationError(all)).toBeCloseTo(expected, 12);
      }),
    );
  });
});

import { describe, expect, it } from "vitest";
import { anchorsFor, forecastGrowth, type ClassErrors } from "../../../src/features/forecast/growth.ts";
import { sizesUpTo } from "../../../src/features/forecast/sizes.ts";

const SIZES = [250, 500, 1000, 2000];

/** Classes of `questions` questions each, with errors around `0.1 + 4 n^-0.4`. */
const classesOf = (count: number, questions: number): ClassErrors[] =>
  Array.from({ length: count }, (_, i) => ({
    questions,
    wrong: SIZES.map((size) => {
      const error = 0.1 + 4 * size ** -0.4;
      return Math.max(0, Math.min(questions, Math.round(questions * error * (0.8 + (0.4 * (i % 5)) / 4))));
    }),
  }));

describe("sizes", () => {
  it("halve from the largest down to 250", () => {
    expect(sizesUpTo(8_552)).toEqual([267, 534, 1069, 2138, 4276, 8552]);
    expect(sizesUpTo(2_000)).toEqual([250, 500, 1000, 2000]);
  });

  it("are refused where fewer than four are left, with the anchors that are missing", () => {
    expect(() => sizesUpTo(1_999)).toThrow(/at least 2000 anchors .* there are 1999, so 1 are missing/);
  });
});

describe("a forecast of growth", () => {
  const growth = forecastGrowth(SIZES, classesOf(100, 1000), 0);

  it("follows the curve at two and four times the anchors, within its interval", () => {
    const [twice, fourTimes] = growth.forecasts;
    expect([twice?.anchors, fourTimes?.anchors]).toEqual([4_000, 8_000]);
    expect(twice?.error).toBeCloseTo(0.1 + 4 * 4_000 ** -0.4, 2);
    for (const { low, error, high } of growth.forecasts) {
      expect(low).toBeLessThanOrEqual(error);
      expect(high).toBeGreaterThanOrEqual(error);
    }
  });

  it("spans both forms: its lower end is no higher than the line in the logarithm", () => {
    for (const { low, logLinear } of growth.forecasts)
      expect(low).toBeLessThan(Math.max(0.001, logLinear + 0.01));
  });

  it("tells the gain as the last measured error less the forecast", () => {
    const [twice] = growth.forecasts;
    expect(twice?.gain.mean).toBeCloseTo((growth.sizes.at(-1)?.error ?? 0) - (twice?.error ?? 0), 12);
    expect(twice?.gain.low).toBeGreaterThan(0.01);
    expect(twice?.gain.standardError).toBeGreaterThan(0);
  });

  it("tests itself on the last size by the smaller ones alone", () => {
    const { predicted, measured, anchors } = growth.backTest;
    expect(anchors).toBe(2_000);
    expect(measured).toBe(growth.sizes.at(-1)?.error);
    expect(predicted).not.toBe(measured);
    expect(Math.abs(predicted - measured)).toBeLessThan(0.02);
  });

  it("calls the floor determined only where its interval is at most a tenth wide", () => {
    const { low, high, determined } = growth.floor;
    expect(determined).toBe(high - low <= 0.1);
    const few = forecastGrowth(SIZES, classesOf(6, 20), 0);
    expect(few.floor.determined).toBe(few.floor.high - few.floor.low <= 0.1);
    expect(few.floor.high - few.floor.low).toBeGreaterThan(high - low);
  });

  it("is the same for the same seed, and has another interval for another one", () => {
    expect(forecastGrowth(SIZES, classesOf(100, 1000), 0)).toEqual(growth);
    expect(forecastGrowth(SIZES, classesOf(100, 1000), 1).forecasts[0]?.low).not.toBe(
      growth.forecasts[0]?.low,
    );
  });

  it("says that errors are constant where all questions are wrong, or all right", () => {
    for (const wrong of [0, 10]) {
      const level = forecastGrowth(SIZES, [{ questions: 10, wrong: SIZES.map(() => wrong) }], 0);
      expect(level.constant).toBe(true);
      expect(level.forecasts.map(({ error }) => error)).toEqual([wrong / 10, wrong / 10]);
    }
  });
});

describe("the anchors for an error", () => {
  const growth = { fit: { a: 3, b: 0.4, c: 0.2 }, sizes: [{ anchors: 3_200, error: 0.3187 }] };

  it("invert the curve", () => {
    expect(anchorsFor(growth, 0.29008433).anchors).toBe(6_401);
  });

  it("are not told below the floor, nor beyond sixteen times the anchors", () => {
    expect(anchorsFor(growth, 0.2)).toEqual({
      anchors: null,
      reason: "the fitted curve does not fall below 0.20",
    });
    expect(anchorsFor(growth, 0.21).reason).toMatch(/more than 16 times/);
  });

  it("are those that there are where the error is reached already", () => {
    expect(anchorsFor(growth, 0.5)).toEqual({ anchors: 3_200, reason: null });
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bootstrapInterval,
  bootstrapIntervalInSlices,
  wilsonInterval,
  mean,
  median,
  populationDeviation,
  quantile,
  standardDeviation,
} from "../../src/math/statistics.ts";

describe("statistics", () => {
  it("takes the mean and the deviation of a sample as textbooks do", () => {
    expect(mean([2, 4, 4, 4, 5, 5, 7, 9])).toBe(5);
    expect(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 12);
    expect(standardDeviation([3])).toBe(0);
  });

  it("takes the deviation of a population over all its values", () => {
    expect(populationDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBe(2);
    expect(populationDeviation([3])).toBe(0);
    expect(populationDeviation([])).toBe(0);
  });

  it("takes the middle value for the median, or the mean of the two in the middle, and sorts a copy", () => {
    const values = [7, 1, 3];
    expect(median(values)).toBe(3);
    expect(values).toEqual([7, 1, 3]);
    expect(median([10, 2, 4, 3])).toBe(3.5);
  });

  it("interpolates quantiles as numpy and R do by default", () => {
    expect(quantile([1, 2, 3, 4], 0.25)).toBe(1.75);
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([7], 0.9)).toBe(7);
    expect(quantile([1, 2, 10], 1)).toBe(10);
  });

  it("refuses to summarise nothing", () => {
    expect(() => mean([])).toThrow(RangeError);
    expect(() => quantile([], 0.5)).toThrow(RangeError);
    expect(() => bootstrapInterval([], { seed: 1 })).toThrow(RangeError);
  });
});

describe("the bootstrap interval", () => {
  it("is nearly the normal one for many answers", () => {
    const answers = Array.from({ length: 1_000 }, (_, i) => [i < 300 ? 1 : 0]);
    const { low, high } = bootstrapInterval(answers, { seed: 1 });
    const half = 1.96 * Math.sqrt((0.3 * 0.7) / 1_000);
    expect(low).toBeCloseTo(0.3 - half, 2);
    expect(high).toBeCloseTo(0.3 + half, 2);
  });

  it("is the same in slices, between which the event loop turns", async () => {
    const groups = Array.from({ length: 5_000 }, (_, i) => [i % 3, i % 7]);
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns++;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const found = await bootstrapIntervalInSlices(groups, { seed: 7 });
    isOver = true;
    expect(found).toEqual(bootstrapInterval(groups, { seed: 7 }));
    expect(turns).toBeGreaterThan(3);
  });

  it("is the same for the same seed and another for another", () => {
    const answers = Array.from({ length: 57 }, (_, i) => [i % 3]);
    expect(bootstrapInterval(answers, { seed: 7 })).toEqual(bootstrapInterval(answers, { seed: 7 }));
    expect(bootstrapInterval(answers, { seed: 7 })).not.toEqual(bootstrapInterval(answers, { seed: 8 }));
  });

  it("does not narrow when the same subjects are asked about again", () => {
    const once = Array.from({ length: 100 }, (_, i) => [i % 2]);
    const fourTimes = once.map(([answer = 0]) => [answer, answer, answer, answer]);
    expect(bootstrapInterval(fourTimes, { seed: 3 })).toEqual(bootstrapInterval(once, { seed: 3 }));
    const asIfIndependent = fourTimes.flat().map((answer) => [answer]);
    const width = ({ low, high }: { low: number; high: number }): number => high - low;
    expect(width(bootstrapInterval(asIfIndependent, { seed: 3 }))).toBeLessThan(
      0.7 * width(bootstrapInterval(once, { seed: 3 })),
    );
  });

  it("lies within the values and is a point where they are all equal", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1 }), {
          minLength: 1,
          maxLength: 20,
        }),
        (groups) => {
          const { low, high } = bootstrapInterval(groups, { seed: 5, resamples: 50 });
          const values = groups.flat();
          expect(low).toBeGreaterThanOrEqual(Math.min(...values));
          expect(high).toBeLessThanOrEqual(Math.max(...values));
          expect(low).toBeLessThanOrEqual(high);
        },
      ),
    );
    expect(bootstrapInterval([[1], [1, 1]], { seed: 1 })).toEqual({ low: 1, high: 1 });
  });
});

describe("the score interval of a share", () => {
  it("has the values of Wilson's formula and stays between 0 and 1", () => {
    const { low, high } = wilsonInterval(9, 10);
    expect(low).toBeCloseTo(0.5958, 4);
    expect(high).toBeCloseTo(0.9821, 4);
    expect(wilsonInterval(0, 20).low).toBe(0);
    expect(wilsonInterval(20, 20).high).toBeCloseTo(1, 12);
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
  });
});

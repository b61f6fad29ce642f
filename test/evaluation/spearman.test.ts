import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { spearman } from "../../src/evaluation/spearman.ts";

describe("Spearman's rank correlation", () => {
  it("is 1 for the same order and -1 for the reverse, whatever the values are", () => {
    expect(spearman([1, 2, 30], [0.1, 5, 5.1])).toBeCloseTo(1, 12);
    expect(spearman([1, 2, 30], [3, 2, -9])).toBeCloseTo(-1, 12);
  });

  it("of values without ties is 1 - 6 sum(d^2) / (n (n^2 - 1))", () => {
    const order = fc.shuffledSubarray([...Array(9).keys()], { minLength: 9 });
    fc.assert(
      fc.property(order, order, (a, b) => {
        const squares = a.reduce((sum, value, i) => sum + (value - (b[i] ?? 0)) ** 2, 0);
        expect(spearman(a, b)).toBeCloseTo(1 - (6 * squares) / (9 * 80), 10);
      }),
    );
  });

  it("gives equal values their mean rank, and is 0 where one side is all the same", () => {
    // scipy.stats.spearmanr([1, 2, 2, 3], [1, 2, 3, 4])
    expect(spearman([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(0.9486832980505138, 12);
    expect(spearman([1, 1, 1], [1, 2, 3])).toBe(0);
  });
});

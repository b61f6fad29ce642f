import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalizeRows, poolTokens } from "../../src/encoders/pool.ts";

// Two texts of three tokens, of which the second has two real ones; dimension 2.
const TOKENS = Float32Array.from([1, 2, 3, 4, 5, 9, 10, 20, 30, 40, 777, 888]);
const COUNTS = [3, 2];
const pooled = (pooling: "cls" | "mean" | "last"): number[] =>
  Array.from(poolTokens(TOKENS, COUNTS, 3, 2, pooling));

describe("pooling tokens", () => {
  it("takes the first one as cls", () => {
    expect(pooled("cls")).toEqual([1, 2, 10, 20]);
  });

  it("takes the last real one, not the padding after it", () => {
    expect(pooled("last")).toEqual([5, 9, 30, 40]);
  });

  it("averages the real ones alone", () => {
    expect(pooled("mean")).toEqual([3, 5, 20, 30]);
  });

  it("gives the token itself, in every way, where there is one", () => {
    for (const pooling of ["cls", "mean", "last"] as const)
      expect(Array.from(poolTokens(TOKENS, [1, 1], 3, 2, pooling))).toEqual([1, 2, 10, 20]);
  });
});

describe("normalizing rows", () => {
  it("gives each norm 1 and leaves its direction", () => {
    const value = fc.float({ min: -1000, max: 1000, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value, value), { minLength: 1 }), (rows) => {
        fc.pre(rows.every((row) => Math.hypot(...row) > 1e-3));
        const normal = Float32Array.from(rows.flat());
        expect(normalizeRows(normal, 3)).toBe(-1);
        rows.forEach((row, i) => {
          const norm = Math.hypot(...row);
          row.forEach((x, j) => expect(normal[i * 3 + j]).toBeCloseTo(x / norm, 5));
        });
      }),
    );
  });

  it.each([
    ["zero", [0, 0]],
    ["not a number", [Number.NaN, 1]],
    ["infinite", [Number.POSITIVE_INFINITY, 1]],
  ])("names the first row that is %s", (_, row) => {
    expect(normalizeRows(Float32Array.from([3, 4, ...row, 0, 0]), 2)).toBe(1);
  });
});

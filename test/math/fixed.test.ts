import { describe, expect, it } from "vitest";
import { fixed, signed } from "../../src/math/fixed.ts";

describe("a number with a fixed count of decimals", () => {
  it("has no sign where it is rounded to zero", () => {
    expect([-0.00001, -0, 0, 0.00001].map((value) => fixed(value, 4))).toEqual(Array(4).fill("0.0000"));
    expect(fixed(-0.4, 0)).toBe("0");
  });

  it("keeps its sign where a digit is left", () => {
    expect([fixed(-0.00005, 4), fixed(-1.25, 1), fixed(2, 2)]).toEqual(["-0.0001", "-1.3", "2.00"]);
  });

  it("is written with its sign where one is wanted", () => {
    expect([1.5, -1.5, -0.01].map((value) => signed(value, 1))).toEqual(["+1.5", "-1.5", "+0.0"]);
  });
});

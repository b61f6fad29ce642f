import { describe, expect, it } from "vitest";
import { softened } from "../../../src/features/calibration/softness.ts";

describe("softened scores", () => {
  it("keep the order of the scores", () => {
    const scores = Float32Array.of(-0.9, -0.01, 0, 0.001, 0.02, 0.5, 3);
    const shaped = softened(0.03, scores);
    expect(Array.from(shaped)).toEqual(Array.from(shaped).sort((a, b) => a - b));
    expect(shaped[2]).toBe(0);
    expect(shaped[5]).toBeCloseTo(Math.log(1 + 0.5 / 0.03), 5);
  });
});

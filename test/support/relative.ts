import { expect } from "vitest";

/** @param floor differences up to it count as none, for what is 0 but for rounding */
export const expectRelative = (
  made: number | undefined,
  expected: number,
  tolerance = 1e-6,
  floor = 0,
): void => {
  expect(Math.abs((made ?? NaN) - expected), `${made} is not near ${expected}`).toBeLessThanOrEqual(
    Math.max(floor, tolerance * Math.abs(expected)),
  );
};

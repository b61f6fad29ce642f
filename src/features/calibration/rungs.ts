import type { Calibration, Rung } from "./types.ts";

const STEP = Math.SQRT2;
const FEWEST = 2;

/** The numbers of classes to measure: from 2 to `most` by factors of sqrt 2, and the requested one. */
export const rungSizes = (most: number, asked?: number): number[] => {
  const sizes = new Set<number>([most]);
  for (let size = FEWEST; size < most; size *= STEP) sizes.add(Math.round(size));
  if (asked !== undefined && asked >= FEWEST && asked < most) sizes.add(asked);
  return [...sizes].sort((a, b) => a - b);
};

/**
 * The measurements for a number of classes, or for the next larger measured number. Prediction sets keep their
 * coverage, because removing wrong classes at random only makes the true one more probable.
 */
export const rungFor = ({ rungs }: Calibration, classes: number): Rung => {
  const rung = rungs.find((each) => each.classes >= classes) ?? rungs.at(-1);
  if (rung === undefined) throw new RangeError("a calibration has no rungs");
  return rung;
};

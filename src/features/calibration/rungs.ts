import type { Calibration, Rung } from "./types.ts";

const STEP = Math.SQRT2;
const FEWEST = 2;

/** The numbers of classes that are measured: from 2 by factors of sqrt 2 to `most`, and what is asked for beside. */
export const rungSizes = (most: number, asked?: number): number[] => {
  const sizes = new Set<number>([most]);
  for (let size = FEWEST; size < most; size *= STEP) sizes.add(Math.round(size));
  if (asked !== undefined && asked >= FEWEST && asked < most) sizes.add(asked);
  return [...sizes].sort((a, b) => a - b);
};

/**
 * What holds for so many classes: what was measured for as many, or for the next larger number. Its prediction sets keep
 * their coverage then, for with some of the wrong classes taken away at random the true one only gets likelier.
 */
export const rungFor = ({ rungs }: Calibration, classes: number): Rung => {
  const rung = rungs.find((each) => each.classes >= classes) ?? rungs.at(-1);
  if (rung === undefined) throw new RangeError("a calibration has no rungs");
  return rung;
};

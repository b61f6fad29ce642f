import { AnchorageError } from "../../errors.ts";

/** Halvings of the largest number of anchors that are measured. */
const MOST_SIZES = 6;
/** Below this, a collection's k takes in all anchors, which spoils the forecast. */
const FEWEST_ANCHORS = 250;
const FEWEST_SIZES = 4;
/** What the largest size has to be so that {@link FEWEST_SIZES} are left. */
const NEEDED = FEWEST_ANCHORS * 2 ** (FEWEST_SIZES - 1);

/**
 * The numbers of anchors that errors are measured with, ascending: the largest, its half, and so on down to 250.
 *
 * @param largest the anchors that the smallest fold leaves
 * @throws AnchorageError `unprocessable` if fewer than four are left, with the number of anchors that are missing
 *
 * @example
 * ```ts
 * sizesUpTo(8_552); // [267, 534, 1069, 2138, 4276, 8552]
 * ```
 */
export const sizesUpTo = (largest: number): number[] => {
  const sizes = Array.from({ length: MOST_SIZES }, (_, j) =>
    Math.floor(largest / 2 ** (MOST_SIZES - 1 - j)),
  ).filter((size) => size >= FEWEST_ANCHORS);
  if (sizes.length < FEWEST_SIZES)
    throw new AnchorageError(
      "unprocessable",
      `A forecast needs at least ${NEEDED} anchors beside those held out; there are ${largest}, so ${NEEDED - largest} are missing.`,
    );
  return sizes;
};

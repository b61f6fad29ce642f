/** A range of anchor counts within which settings chosen by the count stay the same. */
export interface Band {
  /** Its lower bound, a power of 2; 0 for no anchors. */
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
}

/**
 * The band of a number of anchors: from one power of 2 to the next, so that settings of a growing collection rarely
 * change.
 *
 * @example
 * ```ts
 * bandOf(1_500); // { from: 1024, to: 2047 }
 * ```
 */
export const bandOf = (anchors: number): Band => {
  if (anchors < 1) return { from: 0, to: 0 };
  const from = 2 ** Math.floor(Math.log2(anchors));
  return { from, to: 2 * from - 1 };
};

/** A range of numbers of anchors within which nothing that is chosen by their number changes. */
export interface Band {
  /** The power of 2 that it begins at; 0 for no anchor. */
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
}

/**
 * The band of a number of anchors: from one power of 2 to the next, so that a collection that grows changes rarely.
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

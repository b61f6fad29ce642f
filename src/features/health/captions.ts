import type { AnchorView, Slot } from "../../retrieval/index.ts";

/** The different captions of a view, numbered in id order of their first anchors. */
export interface Captions {
  /** The number of each live slot's caption. An anchor without a caption has a number of its own. */
  readonly numberOf: Int32Array;
  /** The first anchor of each caption. */
  readonly first: Int32Array;
  /** How many anchors have each caption. */
  readonly sizes: Int32Array;
}

/**
 * Numbers the captions of a view.
 *
 * @example
 * ```ts
 * const { numberOf, sizes } = numberCaptions(view);
 * const [slot = 0] = view.liveSlots();
 * const sharing = sizes[numberOf[slot] ?? 0];
 * ```
 */
export const numberCaptions = (view: AnchorView): Captions => {
  const numberOf = new Int32Array(view.slotCount).fill(-1);
  const known = new Map<string, number>();
  const first: Slot[] = [];
  const sizes: number[] = [];
  for (const slot of view.liveSlots()) {
    const { caption } = view.entry(slot);
    const number = (caption === null ? undefined : known.get(caption)) ?? first.push(slot) - 1;
    if (caption !== null) known.set(caption, number);
    numberOf[slot] = number;
    sizes[number] = (sizes[number] ?? 0) + 1;
  }
  return { numberOf, first: Int32Array.from(first), sizes: Int32Array.from(sizes) };
};

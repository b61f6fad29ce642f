import { withoutSelf } from "../../asif/background.ts";
import type { AnchorView, Look, Neighbours } from "../../retrieval/index.ts";
import type { Modality } from "../../types.ts";

/** Anchors that are searched for at once. */
export const AT_ONCE = 32;

/** Told how many anchors a step has measured; throws once the check is cancelled. */
export type Advance = (anchors: number) => void;

/**
 * The k nearest other anchors of each of `slots`, by exact search.
 *
 * @param allow one byte a slot: the anchors that may be found
 * @returns rows in the order of `slots`, none with the anchor itself
 */
export const otherAnchors = async (
  view: AnchorView,
  look: Look,
  modality: Modality,
  slots: Int32Array,
  { k, allow }: { readonly k: number; readonly allow?: Uint8Array },
): Promise<Neighbours> => {
  const shown = await look.show(view.vectors(modality, slots));
  const found = await look.search(shown, { k: k + 1, ...(allow === undefined ? {} : { allow }) });
  return withoutSelf(found, slots, k);
};

/** Parts of `slots`, at most {@link AT_ONCE} long. */
export function* slotBatches(slots: Int32Array): Generator<Int32Array> {
  for (let first = 0; first < slots.length; first += AT_ONCE) yield slots.subarray(first, first + AT_ONCE);
}

import { fitsInCopy } from "../../asif/index.ts";
import { AnchorageError } from "../../errors.ts";
import {
  openAnchorSpace,
  readProfile,
  type AnchorSpace,
  type AnchorView,
  type Look,
} from "../../retrieval/index.ts";
import type { Sequence } from "../../types.ts";
import type { CounterfactualInput } from "./counterfactual.ts";

const COPIED_AT_ONCE = 512;

/**
 * Copies the anchors as they would be after an edit, in the form in which one fit of each transform compares them: asked
 * with transform `none` and with vectors that the looks have shown, the copy answers as an edited collection does by the
 * same fits. The caller closes it.
 *
 * @param left one byte a slot, 1 for the anchors that stay
 * @throws AnchorageError `unprocessable` where the vectors are too many to be copied
 */
export const openEditedSpace = async (
  view: AnchorView,
  looks: { readonly image: Look; readonly text: Look },
  left: Uint8Array,
  added: CounterfactualInput["added"],
): Promise<AnchorSpace> => {
  const { image, text } = looks;
  if (!fitsInCopy(view))
    throw new AnchorageError("unprocessable", "The collection is too large to add anchors to a copy of it.", {
      faults: [{ path: ["with"], message: `is answered by "asif" alone for so many anchors` }],
    });
  const space = await openAnchorSpace({
    imageDimension: image.dimension,
    textDimension: text.dimension,
    transform: "none",
    profile: { ...readProfile("default"), exactLimit: Number.MAX_SAFE_INTEGER },
  });
  const slots = view.liveSlots().filter((slot) => left[slot] === 1);
  for (let first = 0; first < slots.length; first += COPIED_AT_ONCE) {
    const some = slots.subarray(first, first + COPIED_AT_ONCE);
    space.restore({
      entries: Array.from(some, view.entry),
      image: image.rows(some),
      text: text.rows(some),
    });
    await new Promise(setImmediate);
  }
  space.restore({
    entries: added.entries,
    image: await image.show(added.image),
    text: await text.show(added.text),
  });
  space.apply({ sequence: 1 as Sequence, upserts: [], deletes: [] });
  return space;
};

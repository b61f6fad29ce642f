import { openAnchorSpace, readProfile, type AnchorView } from "../retrieval/index.ts";
import type { Sequence } from "../types.ts";
import type { Fold } from "./folds.ts";

/** Anchors, and their values, up to which a fold gets a memory of its own: some 64 MiB of float32. */
const COPIED_ANCHORS = 4_096;
const COPIED_VALUES = 16 * 1024 * 1024;
const COPIED_AT_ONCE = 512;

/** The anchors that answer in one fold. */
export interface FoldMemory {
  readonly view: AnchorView;
  /** Absent where the view holds nothing else. */
  readonly allow?: Uint8Array;
  readonly close: () => void;
}

/**
 * The anchors of a fold as a collection of their own, so that what is fitted has not seen those that are held out: with
 * few anchors a whitening that has seen an image makes it like no other. Of a larger collection the memory itself, with
 * the others hidden: its transforms have seen them, which among so many is no matter. What aligns the modalities is
 * fitted without them either way.
 */
export const openFoldMemory = async (view: AnchorView, { memory }: Fold): Promise<FoldMemory> => {
  const some = memory.subarray(0, 1);
  const dimensions = {
    imageDimension: view.vectors("image", some).length,
    textDimension: view.vectors("text", some).length,
  };
  const values = memory.length * (dimensions.imageDimension + dimensions.textDimension);
  if (memory.length > COPIED_ANCHORS || values > COPIED_VALUES) {
    const allow = new Uint8Array(view.slotCount);
    for (const slot of memory) allow[slot] = 1;
    return { view, allow, close: () => undefined };
  }
  const space = await openAnchorSpace({
    ...dimensions,
    transform: "none",
    profile: { ...readProfile("default"), exactLimit: Number.MAX_SAFE_INTEGER },
  });
  for (let first = 0; first < memory.length; first += COPIED_AT_ONCE) {
    const slots = memory.subarray(first, first + COPIED_AT_ONCE);
    space.restore({
      entries: Array.from(slots, view.entry),
      image: view.vectors("image", slots),
      text: view.vectors("text", slots),
    });
    await new Promise(setImmediate);
  }
  space.apply({ sequence: 1 as Sequence, upserts: [], deletes: [] });
  return { view: space.view(), close: space.close };
};

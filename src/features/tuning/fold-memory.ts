import { openAnchorSpace, readProfile, type AnchorSpace, type AnchorView } from "../../retrieval/index.ts";
import type { Sequence } from "../../types.ts";
import type { Fold } from "./folds.ts";

/** Anchors up to which each fold gets a memory of its own. */
const FITTED_APART = 4_096;
/** Values of all anchors up to which they are copied: 512 MiB of float32. */
export const COPIED_VALUES = 128 * 1024 * 1024;
const COPIED_AT_ONCE = 512;

/** The anchors that answer in one fold. */
export interface FoldMemory {
  readonly view: AnchorView;
  /** Absent where the view holds nothing else. */
  readonly allow?: Uint8Array;
}

/** The memories that folds are asked of; one fold at a time. */
export interface Memories {
  readonly open: (fold: Pick<Fold, "memory">) => Promise<FoldMemory>;
  readonly close: () => void;
}

/**
 * Few anchors are copied for each fold, without those that it holds out, so that what is fitted has not seen them: a
 * whitening that has seen an image makes it like no other. More are copied once, and those held out are hidden; that
 * transforms have seen them is no matter among so many, and what aligns the modalities is fitted without them. Nothing
 * that is fitted on a copy is kept. The most are asked where they are.
 */
export const createMemories = (view: AnchorView): Memories => {
  const shared = view.liveSlots();
  let copied: { readonly of: Int32Array; readonly space: AnchorSpace } | undefined;

  const close = (): void => {
    copied?.space.close();
    copied = undefined;
  };

  const copy = async (slots: Int32Array): Promise<AnchorView> => {
    if (copied?.of !== slots) {
      close();
      copied = { of: slots, space: await spaceOf(view, slots) };
    }
    return copied.space.view();
  };

  return {
    open: async ({ memory }) => {
      if (memory.length <= FITTED_APART) return { view: await copy(memory) };
      const allow = new Uint8Array(view.slotCount);
      for (const slot of memory) allow[slot] = 1;
      if (shared.length * valuesEach(view) > COPIED_VALUES) return { view, allow };
      return { view: await copy(shared), allow: Uint8Array.from(shared, (slot) => allow[slot] ?? 0) };
    },
    close,
  };
};

/** Values of an anchor in both modalities. */
export const valuesEach = (view: AnchorView): number => view.dimension("image") + view.dimension("text");

/** A collection's memory of some anchors, whose slots are as they come. */
const spaceOf = async (view: AnchorView, slots: Int32Array): Promise<AnchorSpace> => {
  const space = await openAnchorSpace({
    imageDimension: view.dimension("image"),
    textDimension: view.dimension("text"),
    transform: "none",
    // However many anchors there are, what is measured are settings and not an index.
    profile: { ...readProfile("default"), exactLimit: Number.MAX_SAFE_INTEGER },
  });
  for (let first = 0; first < slots.length; first += COPIED_AT_ONCE) {
    const some = slots.subarray(first, first + COPIED_AT_ONCE);
    space.restore({
      entries: Array.from(some, view.entry),
      image: view.vectors("image", some),
      text: view.vectors("text", some),
    });
    await new Promise(setImmediate);
  }
  space.apply({ sequence: 1 as Sequence, upserts: [], deletes: [] });
  return space;
};

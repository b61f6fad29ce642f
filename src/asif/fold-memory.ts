import { openAnchorSpace, readProfile, type AnchorSpace, type AnchorView } from "../retrieval/index.ts";
import type { Sequence } from "../types.ts";
import type { Fold } from "./folds.ts";

/** Up to this number of anchors, each fold gets its own copy. */
const FITTED_APART = 4_096;
/** Up to this number of values the anchors are copied: 512 MiB of float32. */
const COPIED_VALUES = 128 * 1024 * 1024;
const COPIED_AT_ONCE = 512;

/** The anchors that a fold may use to answer its questions. */
export interface FoldMemory {
  readonly view: AnchorView;
  /** One byte per slot: 1 for anchors that may be used. Absent if all anchors of the view may be. */
  readonly allow?: Uint8Array;
}

/** The memories of folds, one at a time. */
export interface FoldMemories {
  /** The memory of a fold; valid until the next one is opened. */
  readonly open: (fold: Pick<Fold, "memory">) => Promise<FoldMemory>;
  readonly close: () => void;
}

/**
 * Creates memories without the anchors that a fold holds out.
 *
 * Up to 4,096 anchors are copied for each fold, without those held out, so that transforms are fitted without them,
 * because a whitening fitted with an image separates it from all others. Up to 512 MiB of vectors are copied once and
 * those held out are hidden by `allow`; transforms are fitted with them, which is negligible among so many, and
 * alignments without them. Larger collections are searched in place. Nothing that is fitted on a copy is stored.
 *
 * @param options.fittedApart whether each fold gets its own copy also above 4,096 anchors, up to 512 MiB of vectors
 *
 * @example
 * ```ts
 * const memories = createFoldMemories(view);
 * try {
 *   for (const fold of folds) {
 *     const { view: memory, allow } = await memories.open(fold);
 *     await classify(memory, allow === undefined ? input : { ...input, settings: { ...settings, allow } });
 *   }
 * } finally {
 *   memories.close();
 * }
 * ```
 */
export const createFoldMemories = (
  view: AnchorView,
  { fittedApart = false }: { readonly fittedApart?: boolean } = {},
): FoldMemories => {
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
      if (memory.length <= FITTED_APART || (fittedApart && fitsInCopy(view)))
        return { view: await copy(memory) };
      const allow = new Uint8Array(view.slotCount);
      for (const slot of memory) allow[slot] = 1;
      if (!fitsInCopy(view)) return { view, allow };
      return { view: await copy(shared), allow: Uint8Array.from(shared, (slot) => allow[slot] ?? 0) };
    },
    close,
  };
};

/** Whether the vectors of both modalities are small enough to be copied. */
export const fitsInCopy = (view: AnchorView): boolean =>
  view.size * (view.dimension("image") + view.dimension("text")) <= COPIED_VALUES;

/** Copies some anchors; slot i of the copy is the anchor at `slots[i]`. */
const spaceOf = async (view: AnchorView, slots: Int32Array): Promise<AnchorSpace> => {
  const space = await openAnchorSpace({
    imageDimension: view.dimension("image"),
    textDimension: view.dimension("text"),
    transform: "none",
    // Exact search only: settings are measured, not an approximate index.
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

import { countOnes } from "./bitmap.ts";
import type { Modality, Sequence, TransformKind } from "../types.ts";
import type { Changes, Lens } from "./lens.ts";
import type { Memory } from "./memory.ts";
import { choose } from "./planner.ts";
import type { IndexProfile } from "./profile.ts";
import type { AnchorEntry, AnchorView, Slot } from "./types.ts";

/** The memory as of one sequence: the slots and live bits there were, whatever comes after. */
export const createView = (
  memory: Memory,
  { sequence, changes }: { readonly sequence: Sequence; readonly changes: Changes },
  profile: IndexProfile,
  hnswInstalled: boolean,
  lensOf: (modality: Modality, kind: TransformKind) => Lens,
): AnchorView => {
  memory.share();
  const slotCount = memory.entries.length;
  const live = memory.live().subarray(0, slotCount);
  const size = memory.size();
  let inOrder: Int32Array | undefined;

  const isLive = (slot: Slot): boolean => slot < slotCount && live[slot] === 1;

  const entry = (slot: Slot): AnchorEntry => {
    const found = memory.entries[slot];
    if (found === undefined || slot >= slotCount) throw new RangeError(`there is no slot ${slot}`);
    return found;
  };

  const liveSlots = (): Int32Array => {
    if (inOrder === undefined) {
      inOrder = new Int32Array(size);
      let filled = 0;
      for (let slot = 0; slot < slotCount; slot++) if (live[slot] === 1) inOrder[filled++] = slot;
      inOrder.sort(memory.compare);
    }
    return inOrder;
  };

  /** A graph is not of one sequence: what is dead in this view, or came after it, is kept out by its bits. */
  const graphFilter = (inGraph: number): { allow?: Uint8Array } => (inGraph === size ? {} : { allow: live });

  const view: AnchorView = {
    sequence,
    size,
    slotCount,
    slotOf: (id) => {
      // An id that was written again since has newer slots than this view knows.
      let slot = memory.newest(id);
      while (slot !== undefined && !isLive(slot)) slot = memory.previous(slot);
      return slot;
    },
    isLive,
    entry,
    liveSlots,
    bitmap: (keep) => {
      const bitmap = new Uint8Array(slotCount);
      for (let slot = 0; slot < slotCount; slot++)
        if (live[slot] === 1 && keep(entry(slot))) bitmap[slot] = 1;
      return bitmap;
    },
    fitVersion: (modality, transform) => lensOf(modality, kindFor(modality, transform)).version(),
    compare: memory.compare,
    vectors: (modality, slots) => {
      const index = memory[modality];
      const rows = new Float32Array(slots.length * index.dimension);
      for (let i = 0; i < slots.length; i++) rows.set(index.row(slots[i] ?? -1), i * index.dimension);
      return rows;
    },
    search: async (modality, queries, options) => {
      const kind = kindFor(modality, options.transform);
      const focused = await lensOf(modality, kind).focus(view, changes, options.ef !== undefined);
      const allowed = options.allow === undefined ? size : countOnes(options.allow);
      const hnsw = focused.hnsw?.isReady() === true ? "ready" : hnswInstalled ? "building" : "missing";
      const choice = choose(options, { anchors: size, allowed, hnsw, profile });
      const shown = await focused.show(queries);
      const ef = Math.max(options.ef ?? profile.hnsw.ef, options.k);
      const neighbours =
        choice.index === "hnsw" && focused.hnsw !== undefined
          ? await focused.hnsw.search(shown, { k: options.k, ef, ...graphFilter(focused.hnsw.size()) })
          : await focused.exact.search(shown, { k: options.k, allow: options.allow ?? live });
      return {
        neighbours,
        plan: {
          ...choice,
          k: options.k,
          ...(choice.index === "hnsw" ? { ef } : {}),
          anchors: size,
          allowed,
          transform: kind,
          transformVersion: focused.version,
        },
      };
    },
  };
  return view;
};

/** Texts are centred at most: whitening them, as images are, costs accuracy (measured, see the README). */
export const kindFor = (modality: Modality, transform: TransformKind): TransformKind =>
  modality === "text" && transform === "whiten" ? "center" : transform;

import { compareIds } from "../math/order.ts";
import type { AnchorId } from "../types.ts";
import { createFlatIndex, type FlatIndex } from "./codes/flat-index.ts";
import type { AnchorEntry, Slot, SpaceChange, UnitAnchors } from "./types.ts";

/**
 * A collection's anchors by slot: append-only but for the live bits, which are copied before a removal where a view
 * holds them. Both modalities share the slots.
 */
export interface AnchorMemory {
  readonly image: FlatIndex;
  readonly text: FlatIndex;
  readonly entries: readonly AnchorEntry[];
  /** One byte per slot; only the first `entries.length` are valid. */
  readonly live: () => Uint8Array;
  readonly size: () => number;
  /** Marks the bits as shared with a view, so that a later removal copies them first. */
  readonly share: () => void;
  /** The newest slot of an id, live or not, and the one that it replaced. */
  readonly newest: (id: AnchorId) => Slot | undefined;
  readonly previous: (slot: Slot) => Slot | undefined;
  readonly compare: (a: Slot, b: Slot) => number;
  /** Appends and hides; returns the slots that were hidden. */
  readonly apply: (change: Pick<SpaceChange, "upserts" | "deletes">) => Slot[];
  /** Appends as `apply` does, but takes the vectors bit for bit. */
  readonly append: (anchors: UnitAnchors) => Slot[];
}

export const createAnchorMemory = (imageDimension: number, textDimension: number): AnchorMemory => {
  const entries: AnchorEntry[] = [];
  const slots = new Map<AnchorId, Slot>();
  const replaced = new Map<Slot, Slot>();
  let live = new Uint8Array(0);
  let shared = false;
  let size = 0;

  const compare = (a: Slot, b: Slot): number => compareIds(entries[a]?.id ?? "", entries[b]?.id ?? "");
  const image = createFlatIndex({ dimension: imageDimension, compare });
  const text = createFlatIndex({ dimension: textDimension, compare });

  const hide = (id: AnchorId, hidden: Slot[]): Slot | undefined => {
    const slot = slots.get(id);
    if (slot === undefined || live[slot] !== 1) return slot;
    if (shared) {
      live = live.slice();
      shared = false;
    }
    live[slot] = 0;
    hidden.push(slot);
    return slot;
  };

  const appendEntries = (added: readonly AnchorEntry[]): Slot[] => {
    const first = entries.length;
    const hidden: Slot[] = [];
    if (first + added.length > live.length) {
      const larger = new Uint8Array(Math.max(first + added.length, 2 * live.length));
      larger.set(live);
      live = larger;
      shared = false;
    }
    added.forEach((entry, i) => {
      const before = hide(entry.id, hidden);
      if (before !== undefined) replaced.set(first + i, before);
      entries.push(entry);
      slots.set(entry.id, first + i);
      live[first + i] = 1;
    });
    return hidden;
  };

  const settle = (appended: number, hidden: Slot[]): Slot[] => {
    if (hidden.length > 0) {
      image.remove(hidden);
      text.remove(hidden);
    }
    size += appended - hidden.length;
    return hidden;
  };

  return {
    image,
    text,
    entries,
    live: () => live,
    size: () => size,
    share: () => {
      shared = true;
    },
    newest: (id) => slots.get(id),
    previous: (slot) => replaced.get(slot),
    compare,
    apply: ({ upserts, deletes }) => {
      const first = entries.length;
      const hidden = appendEntries(upserts.map(({ id, caption, metadata }) => ({ id, caption, metadata })));
      image.append(
        first,
        upserts.map(({ imageVector }) => imageVector),
      );
      text.append(
        first,
        upserts.map(({ textVector }) => textVector),
      );
      for (const id of deletes) hide(id, hidden);
      return settle(upserts.length, hidden);
    },
    append: ({ entries: added, image: imageRows, text: textRows }) => {
      const first = entries.length;
      const hidden = appendEntries(added);
      image.add(first, imageRows);
      text.add(first, textRows);
      return settle(added.length, hidden);
    },
  };
};

import { compareIds } from "../order.ts";
import type { AnchorId } from "../types.ts";
import { createExactIndex, type ExactIndex } from "./exact.ts";
import { unitRows } from "./rows.ts";
import type { AnchorEntry, Slot, SpaceChange } from "./types.ts";

/**
 * A collection's anchors by slot: append-only but for the live bits, which are copied before a removal where a view
 * holds them. Both modalities share the slots.
 */
export interface Memory {
  readonly image: ExactIndex;
  readonly text: ExactIndex;
  readonly entries: readonly AnchorEntry[];
  /** One byte a slot, of which the first `entries.length` hold. */
  readonly live: () => Uint8Array;
  readonly size: () => number;
  /** Slots are handed out to a view: a later removal must not change the bits it holds. */
  readonly share: () => void;
  /** The newest slot of an id, live or not, and the one that it replaced. */
  readonly newest: (id: AnchorId) => Slot | undefined;
  readonly previous: (slot: Slot) => Slot | undefined;
  readonly compare: (a: Slot, b: Slot) => number;
  /** Appends and hides; returns the slots that were hidden. */
  readonly apply: (change: Pick<SpaceChange, "upserts" | "deletes">) => Slot[];
}

export const createMemory = (imageDimension: number, textDimension: number): Memory => {
  const entries: AnchorEntry[] = [];
  const slots = new Map<AnchorId, Slot>();
  const replaced = new Map<Slot, Slot>();
  let live = new Uint8Array(0);
  let shared = false;
  let size = 0;

  const compare = (a: Slot, b: Slot): number => compareIds(entries[a]?.id ?? "", entries[b]?.id ?? "");
  const image = createExactIndex({ dimension: imageDimension, compare });
  const text = createExactIndex({ dimension: textDimension, compare });

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

  const append = (upserts: SpaceChange["upserts"], hidden: Slot[]): void => {
    const first = entries.length;
    const imageRows = new Float32Array(upserts.length * imageDimension);
    const textRows = new Float32Array(upserts.length * textDimension);
    if (first + upserts.length > live.length) {
      const larger = new Uint8Array(Math.max(first + upserts.length, 2 * live.length));
      larger.set(live);
      live = larger;
      shared = false;
    }
    upserts.forEach(({ id, caption, metadata, imageVector, textVector }, i) => {
      const before = hide(id, hidden);
      if (before !== undefined) replaced.set(first + i, before);
      imageRows.set(imageVector, i * imageDimension);
      textRows.set(textVector, i * textDimension);
      entries.push({ id, caption, metadata });
      slots.set(id, first + i);
      live[first + i] = 1;
    });
    image.add(first, unitRows(imageRows, imageDimension));
    text.add(first, unitRows(textRows, textDimension));
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
      const hidden: Slot[] = [];
      if (upserts.length > 0) append(upserts, hidden);
      for (const id of deletes) hide(id, hidden);
      image.remove(hidden);
      text.remove(hidden);
      size += upserts.length - hidden.length;
      return hidden;
    },
  };
};

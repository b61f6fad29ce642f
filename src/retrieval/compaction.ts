import type { AnchorMemory } from "./anchor-memory.ts";
import type { AnchorEntry, Slot } from "./types.ts";

/** Maximum time that copying blocks the event loop. */
const SLICE_MS = 4;
const ROWS_AT_ONCE = 64;

/** Copies the live anchors of one memory into another, while writes to the first continue. */
export interface Compaction {
  /** Must be called for every slot that is hidden while it runs. */
  readonly hidden: (slots: readonly Slot[]) => void;
  /** Copies in slices until nothing is left, including anchors that were added meanwhile. */
  readonly copy: () => Promise<void>;
  /** Number of slots that have not been visited. */
  readonly left: () => number;
  /**
   * Copies the rest, and hides slots that were hidden since they were copied; then both memories contain the same
   * anchors.
   */
  readonly finish: () => void;
}

export const createCompaction = (from: AnchorMemory, into: AnchorMemory): Compaction => {
  const died: Slot[] = [];
  let next: Slot = 0;
  // Shared by all entries, because one object per anchor would burden the garbage collector.
  const image = new Float32Array(ROWS_AT_ONCE * from.image.dimension);
  const text = new Float32Array(ROWS_AT_ONCE * from.text.dimension);

  const left = (): number => from.entries.length - next;

  const entriesOf = (slots: readonly Slot[]): AnchorEntry[] =>
    slots.flatMap((slot) => from.entries[slot] ?? []);

  const copySome = (): void => {
    const live = from.live();
    const slots: Slot[] = [];
    for (; left() > 0 && slots.length < ROWS_AT_ONCE; next++) if (live[next] === 1) slots.push(next);
    if (slots.length === 0) return;
    into.append({
      entries: entriesOf(slots),
      image: rowsOf(from.image, slots, image),
      text: rowsOf(from.text, slots, text),
    });
  };

  return {
    hidden: (slots) => {
      for (const slot of slots) if (slot < next) died.push(slot);
    },
    copy: async () => {
      while (left() > 0) {
        const until = performance.now() + SLICE_MS;
        while (left() > 0 && performance.now() < until) copySome();
        if (left() > 0) await new Promise((resolve) => setImmediate(resolve));
      }
    },
    left,
    finish: () => {
      while (left() > 0) copySome();
      const isLive = (slot: Slot | undefined): boolean => slot !== undefined && from.live()[slot] === 1;
      // An anchor that was replaced has been copied again, which hid its earlier copy.
      const ids = entriesOf(died).map(({ id }) => id);
      into.apply({ upserts: [], deletes: ids.filter((id) => !isLive(from.newest(id))) });
    },
  };
};

const rowsOf = (index: AnchorMemory["image"], slots: readonly Slot[], into: Float32Array): Float32Array => {
  slots.forEach((slot, i) => into.set(index.row(slot), i * index.dimension));
  return into.subarray(0, slots.length * index.dimension);
};

import { createTurns } from "../../math/slices.ts";
import type { AnchorView } from "../../retrieval/index.ts";
import { printOf, sidesOf, type Layer } from "./layer.ts";

/** Vectors that are copied at once. */
const CHUNK = 512;

/** A hash of the vectors of each slot that a layer is computed from. */
export const printsOf = async (
  view: AnchorView,
  layer: Layer,
  slots: Int32Array,
  signal?: AbortSignal,
): Promise<Uint32Array<ArrayBuffer>> => {
  const prints = new Uint32Array(slots.length);
  const turn = createTurns(signal);
  for (const [at, side] of sidesOf(layer).entries()) {
    const d = view.dimension(side);
    for (let first = 0; first < slots.length; first += CHUNK) {
      const rows = view.vectors(side, slots.subarray(first, first + CHUNK));
      for (let i = 0; i < rows.length / d; i++) {
        const vector = rows.subarray(i * d, (i + 1) * d);
        prints[first + i] = at === 0 ? printOf(vector) : printOf(vector, prints[first + i]);
      }
      await turn();
    }
  }
  return prints;
};

/** The hash of one slot, as {@link printsOf} makes it. */
export const printOfSlot = (view: AnchorView, layer: Layer, slot: number): number =>
  sidesOf(layer).reduce<number | undefined>(
    (from, side) => printOf(view.vectors(side, [slot]), from),
    undefined,
  ) ?? 0;

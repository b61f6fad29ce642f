import type { Core } from "../../collections/index.ts";
import type { Queried } from "../../collections/question.ts";
import { createTurns } from "../../math/slices.ts";
import type { AnchorView } from "../../retrieval/index.ts";
import type { AnchorId } from "../../types.ts";
import { sidesOf, layerWidth, type LayerContent, type LayerRecord } from "./layer.ts";
import { groundOf, neighboursIn } from "./neighbours.ts";
import { placeAmong } from "./place.ts";
import { printOfSlot } from "./prints.ts";
import { findLayerContent, findWrittenAfter } from "./table.ts";

/** Neighbours by which later anchors are placed. */
const NEIGHBOURS = 8;

/** A layer's values for the anchors of a view, in id order. */
export interface CurrentLayer {
  readonly ids: readonly AnchorId[];
  /** `[ids.length, layerWidth(layer)]`; NaN where it is not known. */
  readonly numbers: Float32Array<ArrayBuffer>;
  /** How many came after the layer was computed, and were placed among the others. */
  readonly later: number;
}

/**
 * A layer as of a view: without anchors that are gone, and with those that came later, or have other vectors now, at a
 * place among their neighbours. Their agreement is not known.
 *
 * @returns null where nothing of the layer is left
 */
export const currentLayer = async (
  store: Core["store"],
  { record, view }: Queried,
  layer: LayerRecord,
): Promise<CurrentLayer | null> => {
  const content = await findLayerContent(store, record, layer.layer);
  if (content === null) return null;
  const written = await findWrittenAfter(store, record, layer);
  const slots = view.liveSlots();
  const { rows, known } = await matchRows(view, layer, content, written, slots);
  if (known === 0) return null;
  const width = layerWidth(layer.layer);
  const numbers = new Float32Array(slots.length * width).fill(NaN);
  rows.forEach((row, i) => {
    if (row >= 0) numbers.set(content.numbers.subarray(row * width, (row + 1) * width), i * width);
  });
  if (width === 2 && known < slots.length)
    await placeLater(view, record.transform, layer, slots, rows, numbers);
  return {
    ids: Array.from(slots, (slot) => view.entry(slot).id),
    numbers,
    later: slots.length - known,
  };
};

/** The row of each slot in a layer's content; -1 for those that came later or have other vectors now. */
const matchRows = async (
  view: AnchorView,
  { layer }: LayerRecord,
  { ids, prints }: LayerContent,
  written: ReadonlySet<AnchorId>,
  slots: Int32Array,
): Promise<{ readonly rows: Int32Array; readonly known: number }> => {
  const rowOf = new Map(ids.map((id, row) => [id, row]));
  const rows = new Int32Array(slots.length).fill(-1);
  const turn = createTurns();
  let known = 0;
  for (const [i, slot] of slots.entries()) {
    const { id } = view.entry(slot);
    const row = rowOf.get(id);
    if (row !== undefined && (!written.has(id) || prints[row] === printOfSlot(view, layer, slot))) {
      rows[i] = row;
      known++;
    }
    await turn();
  }
  return { rows, known };
};

/** Places the anchors without a row among those with one. */
const placeLater = async (
  view: AnchorView,
  transform: Queried["record"]["transform"],
  { layer }: LayerRecord,
  slots: Int32Array,
  rows: Int32Array,
  numbers: Float32Array,
): Promise<void> => {
  const [side = "image"] = sidesOf(layer);
  const later = [...rows.keys()].filter((i) => (rows[i] ?? -1) < 0);
  const ground = slots.filter((_, i) => (rows[i] ?? -1) >= 0);
  const places = numbers.filter((_, i) => (rows[i >> 1] ?? -1) >= 0);
  const look = await view.look(side, transform);
  const some = Int32Array.from(later, (i) => slots[i] ?? 0);
  const placed = placeAmong(await neighboursIn(look, some, groundOf(view, ground), NEIGHBOURS), places);
  later.forEach((i, at) => numbers.set(placed.subarray(2 * at, 2 * at + 2), 2 * i));
};

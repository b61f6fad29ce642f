import { type AnchorView, type Neighbours, type Slot, emptyNeighbours } from "../retrieval/index.ts";
import type { Modality } from "../types.ts";
import { represent } from "./relative.ts";
import type { AsifSettings, RelativeRepresentations } from "./types.ts";

/** Number of background texts that scores are measured against. */
const BACKGROUND = 256;

/** Selects that many anchors (of the allowed ones), evenly spaced in id order. */
export const spacedSlots = (view: AnchorView, allow?: Uint8Array, count = BACKGROUND): Int32Array => {
  const live = view.liveSlots();
  const slots = allow === undefined ? live : live.filter((slot) => allow[slot] === 1);
  const taken = Math.min(count, slots.length);
  return Int32Array.from({ length: taken }, (_, i) => slots[Math.floor((i * slots.length) / taken)] ?? 0);
};

/** How the nearest anchors are searched, in the space of the method. */
export type FindNearest = (vectors: Float32Array, k: number) => Promise<Neighbours>;

type Kept = Map<string, Promise<RelativeRepresentations>>;

/** Keyed by view: a view is one state of the anchors, so an entry is valid for as long as its view exists. */
const kept = new WeakMap<AnchorView, Kept>();

/**
 * The relative representations of anchors, each computed without the anchor itself, because an anchor is its own
 * nearest neighbour and a query is not.
 *
 * @param form what the result depends on besides the view and the settings; null disables caching
 */
export const representAnchors = (
  view: AnchorView,
  modality: Modality,
  slots: Int32Array,
  settings: Pick<AsifSettings, "k" | "p" | "negatives">,
  form: string | null,
  nearest: FindNearest,
): Promise<RelativeRepresentations> => {
  const { k, p, negatives = "cut" } = settings;
  const make = async (): Promise<RelativeRepresentations> =>
    represent(withoutSelf(await nearest(view.vectors(modality, slots), k + 1), slots, k), settings);
  if (form === null) return make();
  const known = kept.get(view) ?? new Map<string, Promise<RelativeRepresentations>>();
  kept.set(view, known);
  const key = [modality, slots.length, k, p, negatives, form].join(" ");
  const made = known.get(key) ?? make();
  known.set(key, made);
  made.catch(() => known.delete(key));
  return made;
};

/** The neighbours of anchors, each without itself. */
export const withoutSelf = (found: Neighbours, slots: Int32Array, k: number): Neighbours => {
  const others = emptyNeighbours(slots.length, Math.min(k, found.width));
  slots.forEach((self: Slot, row) => {
    let kept = 0;
    const from = row * found.width;
    for (let i = from; i < from + (found.counts[row] ?? 0) && kept < others.width; i++) {
      if (found.slots[i] === self) continue;
      others.slots[row * others.width + kept] = found.slots[i] ?? -1;
      others.scores[row * others.width + kept] = found.scores[i] ?? 0;
      kept++;
    }
    others.counts[row] = kept;
  });
  return others;
};

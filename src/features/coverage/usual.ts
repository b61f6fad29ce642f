import {
  relativeRepresentations,
  type AsifSettings,
  type RelativeRepresentations,
} from "../../asif/index.ts";
import { createRandom } from "../../math/random.ts";
import type { AnchorView, Look, Slot } from "../../retrieval/index.ts";
import { imageCoherence } from "./support.ts";
import type { Usual } from "./api.ts";

/** Captions that are looked at, drawn at random. */
const CAPTIONS = 100;
/** Anchors that are looked through for distinct captions; of a small collection all of them. */
const LOOKED_THROUGH = 2_000;
/** With fewer, nothing is usual. */
const FEWEST = 20;
/** The share of captions that is worse than what is called usual. */
const WORSE = 0.1;

/**
 * How near the collection's own captions are to each other, and how alike the images are that stand for one by the
 * anchors of the others: what nine of ten reach. A class below that is one that the anchors do not know.
 *
 * @returns null where the anchors have fewer than 20 captions
 */
export const usualSupport = async (
  view: AnchorView,
  look: Look,
  settings: AsifSettings,
): Promise<Usual | null> => {
  const drawn = drawCaptions(view, settings.allow);
  if (drawn.length < FEWEST) return null;
  const { representations } = await relativeRepresentations(
    view,
    "text",
    view.vectors("text", drawn),
    settings,
  );
  forgetOwn(view, representations, drawn);
  const nearest = drawn.map((_, row) => largestSimilarity(representations, row));
  const coherence = await imageCoherence(view, look, representations);
  return {
    captions: drawn.length,
    nearestSimilarity: low(nearest),
    imageCoherence: low(coherence.map((value) => value ?? 0)),
  };
};

/** An anchor for each of some distinct captions. */
const drawCaptions = (view: AnchorView, allow: Uint8Array | undefined): Slot[] => {
  const captions = new Map<string, Slot>();
  const live = view.liveSlots();
  const random = createRandom(0);
  const count = Math.min(LOOKED_THROUGH, live.length);
  for (let i = 0; i < count; i++) {
    const slot = live[live.length <= LOOKED_THROUGH ? i : random.integer(live.length)] ?? 0;
    const { caption } = view.entry(slot);
    if (caption !== null && !captions.has(caption) && (allow === undefined || allow[slot] === 1))
      captions.set(caption, slot);
  }
  return random.sample([...captions.values()], CAPTIONS);
};

/** Takes the anchors of a row's own caption out of it; the others keep their share of each other. */
const forgetOwn = (view: AnchorView, rows: RelativeRepresentations, own: readonly Slot[]): void => {
  own.forEach((slot, row) => {
    const { caption } = view.entry(slot);
    for (let at = rows.offsets[row] ?? 0; at < (rows.offsets[row + 1] ?? 0); at++)
      if (view.entry(rows.slots[at] ?? 0).caption === caption) rows.values[at] = 0;
  });
};

const largestSimilarity = (rows: RelativeRepresentations, row: number): number => {
  let largest = 0;
  for (let at = rows.offsets[row] ?? 0; at < (rows.offsets[row + 1] ?? 0); at++)
    if (rows.values[at] !== 0) largest = Math.max(largest, rows.similarities[at] ?? 0);
  return largest;
};

const low = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(WORSE * values.length)] ?? 0;

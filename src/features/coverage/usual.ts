import {
  relativeRepresentations,
  type AsifSettings,
  type RelativeRepresentations,
} from "../../asif/index.ts";
import { createRandom } from "../../math/random.ts";
import type { AnchorView, Look, Slot } from "../../retrieval/index.ts";
import { imageCoherence } from "./support.ts";
import type { Usual } from "./api.ts";

/** Number of captions in the sample, drawn at random. */
const CAPTIONS = 100;
/** Number of anchors searched for distinct captions; in a small collection all. */
const LOOKED_THROUGH = 2_000;
/** Minimum number of captions for a baseline. */
const FEWEST = 20;
/** The share of captions that is below the baseline. */
const WORSE = 0.1;

/**
 * The baseline of a collection: the similarity of its captions to each other, and the coherence of the images that
 * the other anchors give for a caption, each at the level that nine of ten captions reach. The anchors do not cover a
 * class below that level.
 *
 * @returns null if the anchors have fewer than 20 captions
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

/** One anchor for each caption of the sample. */
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

/** Removes the anchors with a row's own caption from it; the others keep their relative weights. */
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

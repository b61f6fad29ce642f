import type { AnchorView, Slot } from "../../retrieval/index.ts";
import type { Modality } from "../../types.ts";
import type { CheckSettings } from "./api.ts";
import type { Captions } from "./captions.ts";
import { createGroups, type AnchorGroups } from "./groups.ts";
import { otherAnchors, slotBatches, type Advance } from "./neighbours.ts";

/** Neighbours that are compared; a group of more is joined by way of its first members, which come first in ties. */
const COMPARED = 32;

/** Which anchors show the same picture, and which captions say the same. */
export interface Sameness {
  /** Over slots. */
  readonly pictures: AnchorGroups;
  /** Over the numbers of captions. */
  readonly captions: AnchorGroups;
  /** One text for each pair of a picture group and a caption group; equal texts are duplicated pairs. */
  readonly pairOf: (slot: Slot) => string;
}

/**
 * AnchorGroups anchors by their stored vectors, before any transform: two are the same if their cosine reaches the threshold,
 * and groups are connected (single linkage).
 */
export const findSameness = async (
  view: AnchorView,
  { numberOf, first }: Captions,
  settings: Pick<CheckSettings, "imageSimilarity" | "textSimilarity">,
  advance: Advance,
): Promise<Sameness> => {
  const pictures = createGroups(view.slotCount);
  const captions = createGroups(first.length);
  await joinSimilar(view, "image", view.liveSlots(), settings.imageSimilarity, advance, pictures.join);
  await joinSimilar(view, "text", first, settings.textSimilarity, advance, (a, b) =>
    captions.join(numberOf[a] ?? 0, numberOf[b] ?? 0),
  );
  return {
    pictures,
    captions,
    pairOf: (slot) => `${pictures.rootOf(slot)} ${captions.rootOf(numberOf[slot] ?? 0)}`,
  };
};

const joinSimilar = async (
  view: AnchorView,
  modality: Modality,
  slots: Int32Array,
  least: number,
  advance: Advance,
  join: (a: Slot, b: Slot) => void,
): Promise<void> => {
  const look = await view.look(modality, "none");
  const allow = new Uint8Array(view.slotCount);
  for (const slot of slots) allow[slot] = 1;
  for (const some of slotBatches(slots)) {
    const {
      width,
      counts,
      slots: found,
      scores,
    } = await otherAnchors(view, look, modality, some, {
      k: COMPARED,
      allow,
    });
    some.forEach((slot, row) => {
      for (let at = row * width; at < row * width + (counts[row] ?? 0); at++) {
        if ((scores[at] ?? 0) < least) break;
        join(slot, found[at] ?? slot);
      }
    });
    advance(some.length);
  }
};

/** Anchors that duplicate each other. */
export interface DuplicateGroup {
  /** In id order. */
  readonly members: readonly Slot[];
  /** How many anchors are concerned, where `members` has one of each kind alone. */
  readonly count: number;
}

/** The three kinds of duplicates, each without those of the kind before. */
export interface Duplicates {
  readonly pairs: readonly DuplicateGroup[];
  /** One picture with captions that say different things: one anchor of each caption group. */
  readonly images: readonly DuplicateGroup[];
  /** One caption in different spellings: one anchor of each spelling. */
  readonly captions: readonly DuplicateGroup[];
}

/** Lists what {@link findSameness} has grouped. */
export const listDuplicates = (
  view: AnchorView,
  { numberOf, first, sizes }: Captions,
  { pictures, captions, pairOf }: Sameness,
): Duplicates => {
  const slots = view.liveSlots();
  const pairs = groupBy(slots, pairOf).filter((members) => members.length > 1);
  const images = groupBy(slots, (slot) => pictures.rootOf(slot)).flatMap((members) => {
    const captioned = groupBy(members, pairOf).flatMap(([one]) => (one === undefined ? [] : [one]));
    return captioned.length < 2 ? [] : [{ members: captioned, count: members.length }];
  });
  const spellings = groupBy(first, (slot) => captions.rootOf(numberOf[slot] ?? 0)).filter(
    (members) => members.length > 1,
  );
  return {
    pairs: pairs.map((members) => ({ members, count: members.length })),
    images,
    captions: spellings.map((members) => ({
      members,
      count: members.reduce((sum, slot) => sum + (sizes[numberOf[slot] ?? 0] ?? 0), 0),
    })),
  };
};

const groupBy = (slots: Iterable<Slot>, keyOf: (slot: Slot) => string | number): Slot[][] => {
  const groups = new Map<string | number, Slot[]>();
  for (const slot of slots) {
    const key = keyOf(slot);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [slot]);
    else known.push(slot);
  }
  return [...groups.values()];
};

/** The least cosine of the members' stored vectors to the first member's. */
export const leastCosine = (view: AnchorView, modality: Modality, members: readonly Slot[]): number => {
  const d = view.dimension(modality);
  const rows = view.vectors(modality, members);
  let least = 1;
  for (let row = 1; row < members.length; row++) {
    let cosine = 0;
    for (let i = 0; i < d; i++) cosine += (rows[i] ?? 0) * (rows[row * d + i] ?? 0);
    least = Math.min(least, cosine);
  }
  return least;
};

import { represent, type AsifSettings, type RelativeRepresentations } from "../../asif/index.ts";
import { createTurns } from "../../math/slices.ts";
import type { AnchorView, Neighbours, Slot } from "../../retrieval/index.ts";
import type { Modality } from "../../types.ts";
import type { Captions } from "./captions.ts";
import type { Sameness } from "./duplicates.ts";
import { otherAnchors, slotBatches, type Advance } from "./neighbours.ts";

/** Maximum number of captions that ranks are taken among. */
const CANDIDATES = 1_000;
/** The neighbour whose similarity says how far an anchor is from the others. */
const FIFTH = 5;

/** How an anchor stands to the others, by slot. */
export interface PairAgreement {
  /** The mean of both cross-modal ranks, in [0, 1]; NaN where there is nothing to rank among. */
  readonly ranks: Float64Array;
  /** The similarity to the fifth nearest picture, and to the fifth nearest of the other captions. */
  readonly similarities: Readonly<Record<Modality, Float64Array>>;
  /** The nearest picture and the nearest other caption; -1 where there is none. */
  readonly nearest: Readonly<Record<Modality, Int32Array>>;
  /** The nearest picture whose caption says something else; -1 where there is none. */
  readonly otherwise: Int32Array;
}

/**
 * Ranks each anchor's caption among others by its picture, and its picture among others by its caption. Pictures and
 * captions are compared as relative representations, of which an anchor's own have no part of the anchor itself. A rank is
 * the share of candidates that score higher than the own partner; ties count half. Candidates are one anchor of each
 * caption, at most 1,000, without those that show the same picture or say the same.
 */
export const measureAgreement = async (
  view: AnchorView,
  captions: Captions,
  sameness: Sameness,
  settings: AsifSettings,
  { advance, signal }: { readonly advance: Advance; readonly signal: AbortSignal },
): Promise<PairAgreement> => {
  const turn = createTurns(signal);
  const looks = {
    image: await view.look("image", settings.transform),
    text: await view.look("text", settings.transform),
  };
  const near = (modality: Modality, slots: Int32Array): Promise<Neighbours> =>
    otherAnchors(view, looks[modality], modality, slots, { k: settings.k });
  const textOf = (slot: Slot): number => sameness.captions.rootOf(captions.numberOf[slot] ?? 0);
  const isOther = (a: Slot, b: Slot): boolean =>
    textOf(a) !== textOf(b) && sameness.pictures.rootOf(a) !== sameness.pictures.rootOf(b);

  const chosen = spaced(captions.first, CANDIDATES);
  const candidates = {
    image: await representParts(near, "image", chosen, settings),
    text: await representParts(near, "text", chosen, settings),
  };
  const found: PairAgreement = {
    ranks: new Float64Array(view.slotCount).fill(NaN),
    similarities: { image: new Float64Array(view.slotCount), text: new Float64Array(view.slotCount) },
    nearest: {
      image: new Int32Array(view.slotCount).fill(-1),
      text: new Int32Array(view.slotCount).fill(-1),
    },
    otherwise: new Int32Array(view.slotCount).fill(-1),
  };
  const score = createScorer(view.slotCount);
  for (const some of slotBatches(view.liveSlots())) {
    const [image, text] = [await near("image", some), await near("text", some)];
    const rows = { image: represent(image, settings), text: represent(text, settings) };
    for (const [row, slot] of some.entries()) {
      const others = chosen.map((other) => (isOther(slot, other) ? 1 : 0));
      const rank = (from: Modality, to: Modality): number =>
        score.rank(rows[from], row, rows[to], row, candidates[to], others);
      found.ranks[slot] = (rank("image", "text") + rank("text", "image")) / 2;
      noteNearest(found, slot, row, image, text, textOf);
      await turn();
    }
    advance(some.length);
  }
  return found;
};

/** At most `count` of `slots`, evenly spaced. */
const spaced = (slots: Int32Array, count: number): Int32Array => {
  const taken = Math.min(count, slots.length);
  return Int32Array.from({ length: taken }, (_, i) => slots[Math.floor((i * slots.length) / taken)] ?? 0);
};

const representParts = async (
  near: (modality: Modality, slots: Int32Array) => Promise<Neighbours>,
  modality: Modality,
  slots: Int32Array,
  settings: AsifSettings,
): Promise<readonly RelativeRepresentations[]> => {
  const parts: RelativeRepresentations[] = [];
  for (const some of slotBatches(slots)) parts.push(represent(await near(modality, some), settings));
  return parts;
};

interface Scorer {
  /**
   * The share of `candidates` that score higher with a row than its partner does; ties count half.
   *
   * @param counted one byte a candidate: 1 where it counts
   */
  readonly rank: (
    rows: RelativeRepresentations,
    row: number,
    partners: RelativeRepresentations,
    partner: number,
    candidates: readonly RelativeRepresentations[],
    counted: Int32Array,
  ) => number;
}

const createScorer = (slotCount: number): Scorer => {
  const spread = new Float64Array(slotCount);
  const product = ({ offsets, slots, values }: RelativeRepresentations, row: number): number => {
    let sum = 0;
    const end = offsets[row + 1] ?? 0;
    for (let at = offsets[row] ?? 0; at < end; at++) sum += (values[at] ?? 0) * (spread[slots[at] ?? 0] ?? 0);
    return sum;
  };
  return {
    rank: ({ offsets, slots, values }, row, partners, partner, candidates, counted) => {
      const [from, to] = [offsets[row] ?? 0, offsets[row + 1] ?? 0];
      for (let at = from; at < to; at++) spread[slots[at] ?? 0] = values[at] ?? 0;
      const own = product(partners, partner);
      let [place, before, compared] = [0, 0, 0];
      for (const part of candidates)
        for (let other = 0; other < part.count; other++) {
          if (counted[place++] !== 1) continue;
          const theirs = product(part, other);
          compared++;
          if (theirs > own) before++;
          else if (theirs === own) before += 0.5;
        }
      for (let at = from; at < to; at++) spread[slots[at] ?? 0] = 0;
      return before / compared;
    },
  };
};

const noteNearest = (
  { similarities, nearest, otherwise }: PairAgreement,
  slot: Slot,
  row: number,
  image: Neighbours,
  text: Neighbours,
  textOf: (slot: Slot) => number,
): void => {
  const own = textOf(slot);
  const pictures = rowOf(image, row);
  similarities.image[slot] = pictures.at(Math.min(FIFTH, pictures.length) - 1)?.score ?? 0;
  nearest.image[slot] = pictures[0]?.slot ?? -1;
  otherwise[slot] = pictures.find((other) => textOf(other.slot) !== own)?.slot ?? -1;
  const seen = new Set([own]);
  for (const other of rowOf(text, row)) {
    const said = textOf(other.slot);
    if (seen.has(said)) continue;
    if (seen.size === 1) nearest.text[slot] = other.slot;
    seen.add(said);
    similarities.text[slot] = other.score;
    if (seen.size > FIFTH) break;
  }
};

const rowOf = ({ width, counts, slots, scores }: Neighbours, row: number) =>
  Array.from({ length: counts[row] ?? 0 }, (_, i) => ({
    slot: slots[row * width + i] ?? -1,
    score: scores[row * width + i] ?? 0,
  }));

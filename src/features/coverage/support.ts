import type { RelativeRepresentations } from "../../asif/index.ts";
import type { AnchorView, Look, Slot } from "../../retrieval/index.ts";

/** Maximum number of anchors of a representation whose images are compared; those with the highest weights. */
const COMPARED = 200;
/** Maximum number of transformed images in memory. */
const IMAGES_AT_ONCE = 16_384;
const SHOWN_AT_ONCE = 1_024;
/** Pairs with a lower weight are rounding. */
const VANISHED = 1e-12;

/**
 * The effective number of anchors of a representation: the exponential of the entropy of its squared values, which
 * sum to 1 (Hill number of order 1; Hill, "Diversity and evenness", Ecology 1973). It is the number of anchors if all
 * have the same weight, 1 if one has all the weight, and 0 for an empty row.
 */
export const effectiveAnchors = (rows: RelativeRepresentations, row: number): number => {
  const [from, to] = [rows.offsets[row] ?? 0, rows.offsets[row + 1] ?? 0];
  if (from === to) return 0;
  let entropy = 0;
  for (let at = from; at < to; at++) {
    const weight = (rows.values[at] ?? 0) ** 2;
    if (weight > 0) entropy -= weight * Math.log(weight);
  }
  return Math.exp(entropy);
};

/** A row's anchors with their weights: the squares of its values, which sum to 1. */
export interface Weighted {
  readonly slot: Slot;
  readonly weight: number;
}

/** The anchors with the highest weights, in descending order, at most `count`. */
export const heaviest = (rows: RelativeRepresentations, row: number, count: number): Weighted[] => {
  const entries: Weighted[] = [];
  for (let at = rows.offsets[row] ?? 0; at < (rows.offsets[row + 1] ?? 0); at++) {
    const weight = (rows.values[at] ?? 0) ** 2;
    if (weight > 0) entries.push({ slot: rows.slots[at] ?? 0, weight });
  }
  return entries.sort((a, b) => b.weight - a.weight).slice(0, count);
};

/**
 * The coherence of the images of each representation's anchors: the mean cosine of pairs of them (of the 200 with the
 * highest weights) in the transformed image space, each pair weighted by the product of the two weights.
 *
 * @returns null for a row of fewer than two anchors
 */
export const imageCoherence = async (
  view: AnchorView,
  look: Look,
  rows: RelativeRepresentations,
): Promise<(number | null)[]> => {
  const coherence: (number | null)[] = [];
  let waiting: Weighted[][] = [];
  const slots = new Set<Slot>();
  const flush = async (): Promise<void> => {
    const shown = await showAll(view, look, [...slots]);
    for (const entries of waiting) coherence.push(meanCosine(entries, shown));
    waiting = [];
    slots.clear();
  };
  for (let row = 0; row < rows.count; row++) {
    const entries = heaviest(rows, row, COMPARED);
    waiting.push(entries);
    for (const { slot } of entries) slots.add(slot);
    if (slots.size > IMAGES_AT_ONCE) await flush();
  }
  await flush();
  return coherence;
};

const showAll = async (
  view: AnchorView,
  look: Look,
  slots: readonly Slot[],
): Promise<Map<Slot, Float32Array>> => {
  const shown = new Map<Slot, Float32Array>();
  for (let first = 0; first < slots.length; first += SHOWN_AT_ONCE) {
    const part = slots.slice(first, first + SHOWN_AT_ONCE);
    const vectors = await look.show(view.vectors("image", part));
    const d = vectors.length / part.length;
    part.forEach((slot, i) => shown.set(slot, vectors.subarray(i * d, (i + 1) * d)));
    await new Promise(setImmediate);
  }
  return shown;
};

/** The mean over pairs of different anchors, computed from the norm of their weighted sum. */
const meanCosine = (entries: readonly Weighted[], shown: ReadonlyMap<Slot, Float32Array>): number | null => {
  if (entries.length < 2) return null;
  const total = entries.reduce((sum, { weight }) => sum + weight, 0);
  const sum = new Float64Array(shown.get(entries[0]?.slot ?? 0)?.length ?? 0);
  let [own, ownCosine] = [0, 0];
  for (const { slot, weight } of entries) {
    const vector = shown.get(slot) ?? [];
    const part = weight / total;
    let squares = 0;
    for (let i = 0; i < sum.length; i++) {
      const value = vector[i] ?? 0;
      sum[i] = (sum[i] ?? 0) + part * value;
      squares += value * value;
    }
    own += part * part;
    ownCosine += part * part * squares;
  }
  const pairs = 1 - own;
  if (pairs <= VANISHED) return null;
  const cosine = (sum.reduce((all, value) => all + value * value, 0) - ownCosine) / pairs;
  return Math.min(1, Math.max(-1, cosine));
};

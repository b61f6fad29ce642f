import { largestOf, power } from "../../asif/relative.ts";
import { createSlices } from "../../math/slices.ts";
import type { Neighbours } from "../../retrieval/index.ts";
import type { Negatives } from "../../types.ts";
import { rankAmong } from "./ranks.ts";

/** The nearest anchors of a fold's images and prompts, from one search with the largest k. */
export interface GridInput {
  readonly images: Neighbours;
  readonly texts: Neighbours;
  readonly truths: Int32Array;
  /** Number of consecutive texts that are the prompts of each class. */
  readonly sizes: readonly number[];
  readonly slotCount: number;
  /** Default: `cut`. */
  readonly negatives?: Negatives;
}

/**
 * The rank of each image's class by ASIF, for every k of `ks` (ascending, the last at least as wide as the rows) and
 * every p of `ps`: equal, up to rounding, to relative representations of each k and p. A class scores as its best
 * prompt.
 *
 * An anchor contributes to the score of an image and a text for every k above its position in both rows. So each pair
 * of entries is visited once per power and added under the smallest such k, and prefix sums give the scores of all k.
 * Pairs are found by anchor, so that only shared anchors are visited.
 *
 * @param onRanks receives the ranks of all images for a k and a p
 */
export const rankGrid = async (
  { images, texts, truths, sizes, slotCount, negatives }: GridInput,
  ks: readonly number[],
  ps: readonly number[],
  onRanks: (k: number, p: number, ranks: Float64Array) => void,
): Promise<void> => {
  const slices = createSlices();
  const rows = texts.counts.length;
  const stepOf = stepsOf(ks, Math.max(images.width, texts.width));
  const anchors = byAnchor(texts, stepOf, slotCount);
  const values = new Float64Array(texts.scores.length);
  const met = new Float64Array(anchors.entries.length);
  const inverseNorms = new Float64Array(ks.length * rows);
  const sums = new Float64Array(ks.length * rows);
  const scores = new Float64Array(rows);
  for (const p of ps) {
    powers(texts, p, negatives, values);
    invertNorms(texts, values, ks, stepOf, inverseNorms);
    anchors.entries.forEach((entry, i) => (met[i] = values[entry] ?? 0));
    const ranks = ks.map(() => new Float64Array(truths.length));
    for (let image = 0; image < truths.length; image++) {
      addUp(images, image, p, negatives, stepOf, anchors, met, rows, sums);
      for (let step = 0, at = 0; step < ks.length; step++) {
        for (let row = 0; row < rows; row++, at++) {
          if (step > 0) sums[at] = (sums[at] ?? 0) + (sums[at - rows] ?? 0);
          scores[row] = (sums[at] ?? 0) * (inverseNorms[at] ?? 0);
        }
        const ofStep = ranks[step];
        if (ofStep !== undefined) ofStep[image] = rankAmong(scores, sizes, truths[image] ?? 0);
      }
      if (slices.due()) await slices.rest();
    }
    ks.forEach((k, step) => onRanks(k, p, ranks[step] ?? new Float64Array(0)));
  }
};

/** The products of an image with each row over the anchors that only this k adds, for each k: `[ks, rows]`. */
const addUp = (
  images: Neighbours,
  image: number,
  p: number,
  negatives: Negatives | undefined,
  stepOf: Uint8Array,
  anchors: Anchors,
  met: Float64Array,
  rows: number,
  sums: Float64Array,
): void => {
  sums.fill(0);
  const from = image * images.width;
  const end = from + (images.counts[image] ?? 0);
  const largest = largestOf(images.scores, from, end, negatives);
  for (let place = 0; place < (images.counts[image] ?? 0); place++) {
    const slot = images.slots[from + place] ?? 0;
    const [first, end] = [anchors.offsets[slot] ?? 0, anchors.offsets[slot + 1] ?? 0];
    if (first === end) continue;
    const value = power(images.scores[from + place] ?? 0, largest, p, negatives);
    const step = stepOf[place] ?? 0;
    for (let i = first; i < end; i++) {
      const other = anchors.steps[i] ?? 0;
      const at = (other > step ? other : step) * rows + (anchors.rows[i] ?? 0);
      sums[at] = (sums[at] ?? 0) + value * (met[i] ?? 0);
    }
  }
};

/** The index of the smallest k that includes each position of a row; the largest k includes all. */
const stepsOf = (ks: readonly number[], width: number): Uint8Array =>
  Uint8Array.from({ length: width }, (_, place) => ks.findIndex((k) => k > place));

/** The entries of rows by anchor: those of slot s are at `offsets[s] .. offsets[s + 1]`. */
interface Anchors {
  readonly offsets: Int32Array;
  /** Position of each among the rows' entries. */
  readonly entries: Int32Array;
  readonly rows: Int32Array;
  /** By its position in its row. */
  readonly steps: Uint8Array;
}

const byAnchor = ({ counts, width, slots }: Neighbours, stepOf: Uint8Array, slotCount: number): Anchors => {
  const offsets = new Int32Array(slotCount + 1);
  const each = (visit: (slot: number, row: number, place: number) => void): void => {
    counts.forEach((count, row) => {
      for (let place = 0; place < count; place++) visit(slots[row * width + place] ?? 0, row, place);
    });
  };
  each((slot) => (offsets[slot + 1] = (offsets[slot + 1] ?? 0) + 1));
  for (let slot = 0; slot < slotCount; slot++)
    offsets[slot + 1] = (offsets[slot + 1] ?? 0) + (offsets[slot] ?? 0);
  const total = offsets[slotCount] ?? 0;
  const [entries, rows, steps] = [new Int32Array(total), new Int32Array(total), new Uint8Array(total)];
  const filled = offsets.slice();
  each((slot, row, place) => {
    const at = filled[slot] ?? 0;
    filled[slot] = at + 1;
    entries[at] = row * width + place;
    rows[at] = row;
    steps[at] = stepOf[place] ?? 0;
  });
  return { offsets, entries, rows, steps };
};

/** Divided by the row's largest, so that a large p does not underflow; a constant factor of a row changes no rank. */
const powers = (
  { counts, width, scores }: Neighbours,
  p: number,
  negatives: Negatives | undefined,
  into: Float64Array,
): void => {
  counts.forEach((count, row) => {
    const from = row * width;
    const largest = largestOf(scores, from, from + count, negatives);
    for (let i = from; i < from + count; i++) into[i] = power(scores[i] ?? 0, largest, p, negatives);
  });
};

/** The norm of each row's first k values for each k, `[ks, rows]`; 0 if all values are 0. */
const invertNorms = (
  { counts, width }: Neighbours,
  values: Float64Array,
  ks: readonly number[],
  stepOf: Uint8Array,
  into: Float64Array,
): void => {
  const rows = counts.length;
  for (let row = 0; row < rows; row++) {
    let [place, squares] = [0, 0];
    for (let step = 0; step < ks.length; step++) {
      for (; place < (counts[row] ?? 0) && (stepOf[place] ?? 0) <= step; place++)
        squares += (values[row * width + place] ?? 0) ** 2;
      into[step * rows + row] = squares === 0 ? 0 : 1 / Math.sqrt(squares);
    }
  }
};

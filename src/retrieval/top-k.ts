import { selectionFor } from "./selection.ts";
import type { Neighbours, Slot } from "./types.ts";

/** Allocates `width` neighbours for each of `batch` queries, initially none. */
export const emptyNeighbours = (batch: number, width: number): Neighbours => ({
  width,
  counts: new Int32Array(batch),
  slots: new Int32Array(batch * width).fill(-1),
  scores: new Float32Array(batch * width),
});

/** Finds, for each of several queries, the k best of the offered slots, in any order of offers. */
export interface TopK {
  /** For each query the score below which an offer is ignored. */
  readonly thresholds: Float32Array;
  readonly offer: (query: number, slot: Slot, score: number) => void;
  /** Writes the results of a query to a row, best first. */
  readonly write: (query: number, result: Neighbours, row: number) => void;
}

/** Bytes of the buffers for one query. */
export const topKBytes = (k: number): number => 8 * capacityFor(k);

const capacityFor = (k: number): number => 2 * k + 32;

/**
 * Offers that reach the threshold are kept in a buffer of slightly more than 2 k. When it is full, all but the k best
 * are dropped and the k-th sets the threshold. So an ignored offer costs one comparison, and a kept one amortised
 * constant time.
 *
 * @param compare the order of slots with equal scores
 */
export const createTopK = (queries: number, k: number, compare: (a: Slot, b: Slot) => number): TopK => {
  const capacity = capacityFor(k);
  const scores = new Float32Array(queries * capacity);
  const slots = new Int32Array(queries * capacity);
  const counts = new Int32Array(queries);
  const thresholds = new Float32Array(queries).fill(-Infinity);
  /** For each query the last, in order, of the kept slots whose score equals the threshold; -1 initially. */
  const lastTied = new Int32Array(queries).fill(-1);

  const offer = (query: number, slot: Slot, score: number): void => {
    const threshold = thresholds[query] ?? 0;
    if (score < threshold) return;
    const last = lastTied[query] ?? -1;
    if (score === threshold && last >= 0 && compare(slot, last) > 0) return;
    const count = counts[query] ?? 0;
    scores[query * capacity + count] = score;
    slots[query * capacity + count] = slot;
    counts[query] = count + 1;
    if (count + 1 === capacity) prune(query);
  };

  const selection = selectionFor(capacity);
  const prune = (query: number): void => {
    const count = counts[query] ?? 0;
    if (count <= k) return;
    const from = query * capacity;
    const considered = selection.moveBestFirst(scores, slots, from, count, k);
    const ofScores = scores.subarray(from, from + considered);
    const ofSlots = slots.subarray(from, from + considered);
    let threshold = Infinity;
    for (let i = 0; i < k; i++) threshold = Math.min(threshold, ofScores[i] ?? 0);
    settleTies(ofScores, ofSlots, threshold);
    thresholds[query] = threshold;
    counts[query] = k;
    let last = -1;
    for (let i = 0; i < k; i++) {
      const slot = ofSlots[i] ?? 0;
      if (ofScores[i] === threshold && (last < 0 || compare(slot, last) > 0)) last = slot;
    }
    lastTied[query] = last;
  };

  /** Moves the first, in order, of the slots whose score equals the threshold into the first k. */
  const settleTies = (ofScores: Float32Array, ofSlots: Int32Array, threshold: number): void => {
    if (!ofScores.includes(threshold, k)) return;
    const places: number[] = [];
    for (let i = 0; i < ofScores.length; i++) if (ofScores[i] === threshold) places.push(i);
    const tied = Int32Array.from(places, (place) => ofSlots[place] ?? 0).sort(compare);
    places.forEach((place, i) => (ofSlots[place] = tied[i] ?? 0));
  };

  const write = (query: number, result: Neighbours, row: number): void => {
    prune(query);
    const count = counts[query] ?? 0;
    const from = query * capacity;
    const at = row * result.width;
    const ofSlots = result.slots.subarray(at, at + count);
    const ofScores = result.scores.subarray(at, at + count);
    selection.sort(scores, slots, from, ofScores, ofSlots);
    orderTies(ofSlots, ofScores, compare);
    result.counts[row] = count;
  };

  return { thresholds, offer, write };
};

const orderTies = (slots: Int32Array, scores: Float32Array, compare: (a: Slot, b: Slot) => number): void => {
  for (let start = 0; start < slots.length;) {
    let end = start + 1;
    while (end < slots.length && scores[end] === scores[start]) end++;
    if (end - start > 1) slots.subarray(start, end).sort(compare);
    start = end;
  }
};

import type { Neighbours, Slot } from "./types.ts";

/** Finds, for each of several queries, the k best of the slots that are offered, in whatever order they come. */
export interface TopK {
  /** For each query the score below which an offer is in vain. */
  readonly thresholds: Float32Array;
  readonly offer: (query: number, slot: Slot, score: number) => void;
  /** Writes what was found for a query to a row, best first. */
  readonly write: (query: number, result: Neighbours, row: number) => void;
}

/** Bytes that the buffers for one query take. */
export const topKBytes = (k: number): number => 8 * capacityFor(k);

const capacityFor = (k: number): number => 2 * k + 32;

/**
 * Offers that reach the threshold are kept in a buffer of somewhat more than 2 k; where it is full, all but the k best
 * are dropped and the k-th sets the threshold. So an offer costs a comparison, and a kept one a constant time.
 *
 * @param compare the order of slots whose scores are equal
 */
export const createTopK = (queries: number, k: number, compare: (a: Slot, b: Slot) => number): TopK => {
  const capacity = capacityFor(k);
  const scores = new Float32Array(queries * capacity);
  const slots = new Int32Array(queries * capacity);
  const counts = new Int32Array(queries);
  const thresholds = new Float32Array(queries).fill(-Infinity);
  /** Of each query the last in order of those kept that score the threshold; -1 before there is one. */
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

  const prune = (query: number): void => {
    const count = counts[query] ?? 0;
    if (count <= k) return;
    const from = query * capacity;
    const ofScores = scores.subarray(from, from + count);
    const ofSlots = slots.subarray(from, from + count);
    moveBestFirst(ofScores, ofSlots, k);
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

  /** Of those that score the threshold, the first in order come to stand among the first k. */
  const settleTies = (ofScores: Float32Array, ofSlots: Int32Array, threshold: number): void => {
    if (!ofScores.includes(threshold, k)) return;
    const places: number[] = [];
    for (let i = 0; i < ofScores.length; i++) if (ofScores[i] === threshold) places.push(i);
    const tied = Int32Array.from(places, (place) => ofSlots[place] ?? 0).sort(compare);
    places.forEach((place, i) => (ofSlots[place] = tied[i] ?? 0));
  };

  const keys = new Float64Array(k);
  const write = (query: number, result: Neighbours, row: number): void => {
    prune(query);
    const count = counts[query] ?? 0;
    const from = query * capacity;
    const at = row * result.width;
    const ofSlots = result.slots.subarray(at, at + count);
    const ofScores = result.scores.subarray(at, at + count);
    bestFirst(scores.subarray(from, from + count), keys).forEach((key, i) => {
      const place = from + (key % PLACES);
      ofSlots[i] = slots[place] ?? -1;
      ofScores[i] = scores[place] ?? 0;
    });
    orderTies(ofSlots, ofScores, compare);
    result.counts[row] = count;
  };

  return { thresholds, offer, write };
};

/** Of float64's 53 bits, 32 take a float32 and 21 a place. */
const PLACES = 2 ** 21;
const asFloat = new Float32Array(1);
const asBits = new Uint32Array(asFloat.buffer);

/**
 * The places of `scores`, best first, each in the lower 21 bits of a number: numbers are sorted natively, several times
 * as fast as by a comparison in JavaScript.
 */
const bestFirst = (scores: Float32Array, keys: Float64Array): Float64Array => {
  if (scores.length > PLACES) throw new RangeError(`k = ${scores.length} is above ${PLACES}`);
  const used = keys.subarray(0, scores.length);
  for (let i = 0; i < scores.length; i++) {
    // Adding 0 makes 0 of -0, which is equal to it.
    asFloat[0] = (scores[i] ?? 0) + 0;
    const bits = asBits[0] ?? 0;
    // Ascending keys for descending scores: positive floats are in the order of their bits, negative ones reversed.
    used[i] = (bits < 0x80000000 ? 0x7fffffff - bits : bits) * PLACES + i;
  }
  return used.sort();
};

const orderTies = (slots: Int32Array, scores: Float32Array, compare: (a: Slot, b: Slot) => number): void => {
  for (let start = 0; start < slots.length;) {
    let end = start + 1;
    while (end < slots.length && scores[end] === scores[start]) end++;
    if (end - start > 1) slots.subarray(start, end).sort(compare);
    start = end;
  }
};

/** Quickselect (Hoare 1961): afterwards none of the first k scores is below any of the others. */
const moveBestFirst = (scores: Float32Array, slots: Int32Array, k: number): void => {
  let low = 0;
  let high = scores.length - 1;
  while (low < high) {
    const pivot = scores[(low + high) >> 1] ?? 0;
    let i = low;
    let j = high;
    while (i <= j) {
      while ((scores[i] ?? 0) > pivot) i++;
      while ((scores[j] ?? 0) < pivot) j--;
      if (i > j) break;
      const [score, slot] = [scores[i] ?? 0, slots[i] ?? 0];
      scores[i] = scores[j] ?? 0;
      slots[i] = slots[j] ?? 0;
      scores[j] = score;
      slots[j] = slot;
      i++;
      j--;
    }
    if (k - 1 <= j) high = j;
    else if (k - 1 >= i) low = i;
    else return;
  }
};

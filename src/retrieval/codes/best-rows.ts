import { selectionFor } from "../selection.ts";

/** The best rows of a part of the anchors, best first, and all that are as good as the k-th: ids decide among those. */
export interface Ranked {
  readonly slots: Int32Array<ArrayBuffer>;
  readonly scores: Float32Array<ArrayBuffer>;
}

/** Finds the k best of the rows offered to it, together with every row whose score equals the k-th. */
export interface BestRows {
  readonly offer: (slots: Int32Array, scores: Float32Array, count: number) => void;
  /** The k-th score so far, exactly; -Infinity before k rows were offered. */
  readonly kth: () => number;
  readonly ranked: () => Ranked;
}

/** @param floor scores below it are ignored */
export const createBestRows = (k: number, floor = -Infinity): BestRows => {
  let slots = new Int32Array(2 * k + 32);
  let scores = new Float32Array(slots.length);
  let selection = selectionFor(slots.length);
  let count = 0;
  let threshold = floor;

  const grow = (): void => {
    const [biggerSlots, biggerScores] = [
      new Int32Array(2 * slots.length),
      new Float32Array(2 * slots.length),
    ];
    biggerSlots.set(slots);
    biggerScores.set(scores);
    [slots, scores, selection] = [biggerSlots, biggerScores, selectionFor(biggerSlots.length)];
  };

  /** Drops what is below the k-th. */
  const prune = (): void => {
    if (count <= k) return;
    const considered = selection.moveBestFirst(scores, slots, 0, count, k);
    let least = Infinity;
    for (let i = 0; i < k; i++) least = Math.min(least, scores[i] ?? 0);
    threshold = least;
    let kept = k;
    for (let i = k; i < considered; i++) {
      if (scores[i] !== least) continue;
      scores[kept] = least;
      slots[kept++] = slots[i] ?? 0;
    }
    count = kept;
    if (2 * kept > slots.length) grow();
  };

  /** Moves the rows whose score is the k-th to the end and returns how many are better. */
  const moveTiesLast = (): number => {
    let better = 0;
    for (let i = 0; i < count; i++) {
      const [score, slot] = [scores[i] ?? 0, slots[i] ?? 0];
      if (score === threshold) continue;
      scores[i] = scores[better] ?? 0;
      slots[i] = slots[better] ?? 0;
      scores[better] = score;
      slots[better++] = slot;
    }
    return better;
  };

  return {
    offer: (offeredSlots, offeredScores, offered) => {
      for (let i = 0; i < offered; i++) {
        const score = offeredScores[i] ?? 0;
        if (score < threshold) continue;
        scores[count] = score;
        slots[count++] = offeredSlots[i] ?? 0;
        if (count === slots.length) prune();
      }
    },
    kth: () => {
      prune();
      if (count > k) return threshold;
      if (count < k) return -Infinity;
      let least = Infinity;
      for (let i = 0; i < count; i++) least = Math.min(least, scores[i] ?? 0);
      return least;
    },
    ranked: () => {
      prune();
      const better = count > k ? moveTiesLast() : count;
      const result: Ranked = { slots: slots.slice(0, count), scores: scores.slice(0, count) };
      const [firstScores, firstSlots] = [result.scores.subarray(0, better), result.slots.subarray(0, better)];
      selection.sort(scores, slots, 0, firstScores, firstSlots);
      return result;
    },
  };
};

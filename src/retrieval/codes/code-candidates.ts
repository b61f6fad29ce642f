import { selectionFor } from "../selection.ts";

/** The best rows by codes, in no order. */
export interface CodeCandidates {
  readonly positions: Int32Array;
  /** In units of the query's code. */
  readonly scores: Float32Array;
  /** Whether rows were left out, none of them with a score above the least of these. */
  readonly droppedSome: boolean;
}

/** Keeps the best rows by codes; of those whose score is the last, the lowest positions, whatever the order of offers. */
export interface CandidateKeeper {
  /** Scores below it need not be offered. */
  readonly threshold: () => number;
  readonly offer: (position: number, score: number) => void;
  readonly take: () => CodeCandidates;
}

/** @param wanted how many are kept */
export const createCandidateKeeper = (wanted: number): CandidateKeeper => {
  const capacity = 2 * wanted + 32;
  const positions = new Int32Array(capacity);
  const scores = new Float32Array(capacity);
  let count = 0;
  let threshold = -Infinity;
  let droppedSome = false;

  const prune = (): void => {
    if (count <= wanted) return;
    const considered = selectionFor(capacity).moveBestFirst(scores, positions, 0, count, wanted);
    threshold = settleLast(scores, positions, wanted, considered);
    count = wanted;
    droppedSome = true;
  };

  return {
    threshold: () => threshold,
    offer: (position, score) => {
      positions[count] = position;
      scores[count++] = score;
      if (count === capacity) prune();
    },
    take: () => {
      prune();
      return { positions: positions.subarray(0, count), scores: scores.subarray(0, count), droppedSome };
    },
  };
};

/**
 * Among `considered` pairs of which the first `wanted` are the best, moves the lowest positions with the least of the best
 * scores into the first, and returns that score.
 */
export const settleLast = (
  scores: Float32Array,
  positions: Int32Array,
  wanted: number,
  considered: number,
): number => {
  let least = Infinity;
  for (let i = 0; i < wanted; i++) least = Math.min(least, scores[i] ?? 0);
  if (!scores.subarray(wanted, considered).includes(least)) return least;
  const places: number[] = [];
  for (let i = 0; i < considered; i++) if (scores[i] === least) places.push(i);
  const tied = Int32Array.from(places, (place) => positions[place] ?? 0).sort();
  places.forEach((place, i) => (positions[place] = tied[i] ?? 0));
  return least;
};

/** Moves the candidates that reach a score to the front and returns how many do. */
export const moveFirst = (positions: Int32Array, scores: Float32Array, cut: number): number => {
  let front = 0;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] ?? 0;
    if (score < cut) continue;
    const position = positions[i] ?? 0;
    positions[i] = positions[front] ?? 0;
    scores[i] = scores[front] ?? 0;
    positions[front] = position;
    scores[front++] = score;
  }
  return front;
};

/** The k-th greatest score, or the least where there are fewer. */
export const kthOf = (scores: Float32Array, k: number): number => {
  if (scores.length <= k) return leastOf(scores);
  const best = scores.slice();
  selectionFor(best.length).moveBestFirst(best, new Int32Array(best.length), 0, best.length, k);
  return leastOf(best.subarray(0, k));
};

/** The least of some scores; Infinity where there is none. */
export const leastOf = (scores: Float32Array): number => {
  let least = Infinity;
  for (const score of scores) if (score < least) least = score;
  return least;
};

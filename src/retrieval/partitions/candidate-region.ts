import { AREA } from "../codes/layout.ts";
import type { Segment } from "../codes/segment.ts";
import { createSelection } from "../selection.ts";

/** The region's first number is the address of its next pair. */
const HEAD_BYTES = 16;
const PAIR_BYTES = 8;
/** Candidates are pruned when there are so many more than twice those wanted. */
const SPARE = 1_024;

/** The pairs of position and score that the kernels append, in a thread's work area of a segment. */
export interface CandidateRegion {
  /** Address of the region, and of its end, for the kernels. */
  readonly at: number;
  readonly limit: number;
  readonly count: () => number;
  readonly clear: () => void;
  /** Position and score of the pair number `i`. */
  readonly position: (i: number) => number;
  readonly score: (i: number) => number;
  /** Whether there are so many pairs that pruning is worth it. */
  readonly isCrowded: (wanted: number) => boolean;
  /**
   * Keeps the `wanted` best pairs for which `keep` returns true.
   *
   * @returns the least score kept; minus infinity where fewer than `wanted` are left
   */
  readonly prune: (wanted: number, keep: (position: number) => boolean) => number;
}

/** @param thread the number of the thread whose area is used */
export const openCandidateRegion = (segment: Segment, thread: number): CandidateRegion => {
  const at = segment.area(thread) + AREA.region;
  const first = at + HEAD_BYTES;
  const capacity = AREA.pairsCapacity;
  const head = new Int32Array(segment.buffer(), at, 1);
  const positions = new Int32Array(segment.buffer(), first, 2 * capacity);
  const scores = new Float32Array(segment.buffer(), first, 2 * capacity);
  const selection = createSelection(capacity);
  const keptScores = new Float32Array(capacity);
  const keptPositions = new Int32Array(capacity);
  const count = (): number => (((head[0] ?? 0) >>> 0) - first) / PAIR_BYTES;
  const setCount = (pairs: number): void => {
    head[0] = first + pairs * PAIR_BYTES;
  };

  return {
    at,
    limit: first + capacity * PAIR_BYTES,
    count,
    clear: () => setCount(0),
    position: (i) => positions[2 * i] ?? -1,
    score: (i) => scores[2 * i + 1] ?? NaN,
    isCrowded: (wanted) => count() > Math.min(capacity / 2, 2 * wanted + SPARE),
    prune: (wanted, keep) => {
      const found = count();
      let kept = 0;
      for (let i = 0; i < found; i++) {
        const position = positions[2 * i] ?? -1;
        if (!keep(position)) continue;
        keptPositions[kept] = position;
        keptScores[kept++] = scores[2 * i + 1] ?? NaN;
      }
      if (kept > wanted) {
        selection.moveBestFirst(keptScores, keptPositions, 0, kept, wanted);
        kept = wanted;
      }
      let least = Infinity;
      for (let i = 0; i < kept; i++) {
        const score = keptScores[i] ?? 0;
        if (score < least) least = score;
        positions[2 * i] = keptPositions[i] ?? -1;
        scores[2 * i + 1] = score;
      }
      setCount(kept);
      return kept < wanted ? -Infinity : least;
    },
  };
};

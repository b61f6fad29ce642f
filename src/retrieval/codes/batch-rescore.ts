import type { BatchCandidates } from "./batch-scan.ts";
import { createBestRows, type BestRows, type Ranked } from "./best-rows.ts";
import { createCandidateKeeper, leastOf, type CodeCandidates } from "./code-candidates.ts";
import { codeQuery, roundingBound } from "./coding.ts";
import { finished, rescoreAll, rescoreCandidates, type Arm, type FlatPart } from "./flat-part.ts";

/** Queries of a batch whose candidates one thread scores again. */
export interface BatchRescore extends Pick<FlatPart, "k" | "proof" | "firstSlot" | "error"> {
  readonly queries: Float32Array;
  readonly dimension: number;
  readonly wanted: number;
  /** Whether the candidates' scores are products in float32. */
  readonly floats: boolean;
  /** The queries `first` to `last - 1`. */
  readonly first: number;
  readonly last: number;
  /** What each part of the rows had. */
  readonly parts: readonly BatchCandidates[];
}

/** The answer for each query; null where it must be searched for again, on its own. */
export interface BatchRanked {
  readonly answers: readonly (Ranked | null)[];
}

/**
 * Merges the candidates of all parts and scores the best again. A threshold that a sample had made too high is found here:
 * then fewer candidates than wanted are left, or the last of them is below it.
 */
export const rescoreBatch = (arm: Arm, given: BatchRescore): BatchRanked => {
  const { queries, dimension, wanted, first, last, parts, k } = given;
  const answers: (Ranked | null)[] = [];
  for (let query = first; query < last; query++) {
    const keeper = createCandidateKeeper(wanted);
    let highest = -Infinity;
    for (const { counts, starts, positions, scores, thresholds } of parts) {
      const start = starts[query] ?? 0;
      for (let i = start; i < start + (counts[query] ?? 0); i++)
        keeper.offer(positions[i] ?? 0, scores[i] ?? 0);
      highest = Math.max(highest, thresholds[query] ?? Infinity);
    }
    const candidates = { ...keeper.take(), droppedSome: true };
    if (candidates.positions.length < wanted || leastOf(candidates.scores) < highest) {
      answers.push(null);
      continue;
    }
    const row = queries.subarray(query * dimension, (query + 1) * dimension);
    const part = { query: row, k, proof: given.proof, firstSlot: given.firstSlot, error: given.error };
    const best = createBestRows(k);
    const steps = given.floats
      ? rescoreFloats(arm, part, candidates, best)
      : rescoreCandidates(arm, part, codeQuery(row), candidates, best);
    answers.push(finished(steps) ?? null);
  }
  return { answers };
};

/**
 * Scores candidates again that were chosen by products in float32, whose sums may be rounded otherwise.
 *
 * @returns undefined where a row that was left out may be among the best
 */
function* rescoreFloats(
  arm: Arm,
  { query, firstSlot }: Pick<FlatPart, "query" | "firstSlot">,
  { positions, scores }: CodeCandidates,
  best: BestRows,
): Generator<undefined, Ranked | undefined> {
  yield* rescoreAll(arm, query, positions, firstSlot, best);
  return leastOf(scores) + roundingBound(query) < best.kth() ? best.ranked() : undefined;
}

import { createBestRows, type Ranked } from "./best-rows.ts";
import type { RowScorer } from "./rows.ts";

/** Scores the rows of all `slots` in float32: the k best, and those as good as the k-th. */
export const rankAll = (rows: RowScorer, query: Float32Array, slots: Int32Array, k: number): Ranked => {
  const scores = new Float32Array(slots.length);
  rows.score(query, slots, slots.length, scores);
  const best = createBestRows(k);
  best.offer(slots, scores, slots.length);
  return best.ranked();
};

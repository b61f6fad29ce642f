import { createBestRows, type Ranked } from "../codes/best-rows.ts";
import { candidatesFor } from "../codes/candidates.ts";
import type { RowScorer } from "../codes/rows.ts";
import { EFFORTS } from "./efforts.ts";
import type { ListSearcher } from "./list-search.ts";

/** Some queries over the lists of a segment. */
export interface ListPart {
  /** `[b, dimension]` */
  readonly queries: Float32Array;
  readonly k: number;
  /** Number in {@link EFFORTS}. */
  readonly effort: number;
  /** Slots from here on are not seen. */
  readonly slotCount: number;
  /** One byte for each slot: 1 if it may be found. Absent: all below `slotCount` may be. */
  readonly allow: Uint8Array | undefined;
}

/** The best rows of each query by float32, and what was read for all of them. */
export interface ListsRanked {
  readonly found: readonly Ranked[];
  readonly rows: number;
  readonly lists: number;
}

/** Searches lists on the present thread: the nearest by codes are scored again in float32. */
export const searchLists = (searcher: ListSearcher, rows: RowScorer, part: ListPart): ListsRanked => {
  const { queries, k, slotCount, allow } = part;
  const effort = EFFORTS[part.effort];
  if (effort === undefined) throw new RangeError(`there is no effort ${part.effort}`);
  const { dimension: d } = searcher;
  const wanted = candidatesFor(k, false);
  const found: Ranked[] = [];
  let [read, lists] = [0, 0];
  for (let at = 0; at < queries.length; at += d) {
    const query = queries.subarray(at, at + d);
    const candidates = searcher.search(query, { wanted, effort, slotCount, allow });
    const { slots } = candidates;
    const scores = new Float32Array(slots.length);
    rows.score(query, slots, slots.length, scores);
    const best = createBestRows(k);
    best.offer(slots, scores, slots.length);
    found.push(best.ranked());
    read += candidates.rows;
    lists += candidates.lists;
  }
  return { found, rows: read, lists };
};

const BUCKETS = 2_048;

/** Orders lists by a score of each, the greatest first. */
export interface ListOrder {
  /** Where the caller puts a score for each list. */
  readonly scores: Float32Array;
  /**
   * Orders the lists whose score is at least `least`; lists of almost equal scores are in no order.
   *
   * @returns the lists, valid until the next call
   */
  readonly above: (least: number) => Int32Array;
}

/** @param lists number of lists */
export const createListOrder = (lists: number): ListOrder => {
  const scores = new Float32Array(lists);
  const buckets = new Int32Array(lists);
  const ends = new Int32Array(BUCKETS + 1);
  const order = new Int32Array(lists);

  const above = (least: number): Int32Array => {
    let [low, high] = [Infinity, -Infinity];
    for (const score of scores) {
      if (score < least) continue;
      if (score < low) low = score;
      if (score > high) high = score;
    }
    if (high === -Infinity) return order.subarray(0, 0);
    // A counting sort: a full sort took most of a search.
    const scale = high > low ? (BUCKETS - 1) / (high - low) : 0;
    ends.fill(0);
    for (let list = 0; list < lists; list++) {
      const score = scores[list] ?? 0;
      const bucket = score >= least ? ((high - score) * scale) | 0 : BUCKETS;
      buckets[list] = bucket;
      ends[bucket] = (ends[bucket] ?? 0) + 1;
    }
    let start = 0;
    for (let bucket = 0; bucket <= BUCKETS; bucket++) {
      const size = ends[bucket] ?? 0;
      ends[bucket] = start;
      start += size;
    }
    const count = ends[BUCKETS] ?? 0;
    for (let list = 0; list < lists; list++) {
      const bucket = buckets[list] ?? 0;
      const place = ends[bucket] ?? 0;
      ends[bucket] = place + 1;
      order[place] = list;
    }
    return order.subarray(0, count);
  };

  return { scores, above };
};

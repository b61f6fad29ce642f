/** Selects the best of many scores, and sorts them, with a bucket sort. */
interface Selection {
  /**
   * Moves the k best of `count` pairs of score and slot to the front, in no order. Pairs in the same bucket as the
   * k-th follow them; the others are dropped.
   *
   * @returns the number of remaining pairs, at least k, at most `count`
   */
  readonly moveBestFirst: (
    scores: Float32Array,
    slots: Int32Array,
    from: number,
    count: number,
    k: number,
  ) => number;
  /** Writes the pairs that start at `from`, as many as the target holds, best first; ties in no order. */
  readonly sort: (
    scores: Float32Array,
    slots: Int32Array,
    from: number,
    toScores: Float32Array,
    toSlots: Int32Array,
  ) => void;
}

const BUCKETS = 1_024;
/** Insertion sort is slow for larger buckets. */
const CROWDED = 48;
/** Below this number, counting takes longer than it saves. */
const FEW = 64;

let shared: { readonly capacity: number; readonly selection: Selection } | undefined;

/**
 * A selection of at least this capacity. All share its buffers, which hold nothing between two calls.
 *
 * @param capacity the maximum number of pairs
 */
export const selectionFor = (capacity: number): Selection => {
  if (shared === undefined || shared.capacity < capacity) {
    const larger = Math.max(capacity, 4_096);
    shared = { capacity: larger, selection: createSelection(larger) };
  }
  return shared.selection;
};

/** @param capacity the maximum number of pairs */
export const createSelection = (capacity: number): Selection => {
  const ends = new Int32Array(BUCKETS);
  const places = new Uint16Array(capacity);
  const keptScores = new Float32Array(capacity);
  const keptSlots = new Int32Array(capacity);
  let keys: Float64Array | undefined;

  /** Counts the pairs in each bucket, best scores first; false if all scores are equal or any is not finite. */
  const count = (scores: Float32Array, from: number, to: number): boolean => {
    let least = Infinity;
    let most = -Infinity;
    for (let i = from; i < to; i++) {
      const score = scores[i] ?? 0;
      if (score < least) least = score;
      if (score > most) most = score;
    }
    // Rounding is monotone, so no score falls behind a lower one; the minimum may reach the end of the last bucket.
    const scale = (BUCKETS - 1) / (most - least);
    if (!(scale > 0 && scale < Infinity)) return false;
    ends.fill(0);
    for (let i = from; i < to; i++) {
      const bucket = ((most - (scores[i] ?? 0)) * scale) | 0;
      places[i - from] = bucket;
      ends[bucket] = (ends[bucket] ?? 0) + 1;
    }
    return true;
  };

  const moveBestFirst = (
    scores: Float32Array,
    slots: Int32Array,
    from: number,
    total: number,
    k: number,
  ): number => {
    if (total < FEW || !count(scores, from, from + total)) {
      quickselect(scores, slots, from, from + total - 1, from + k - 1);
      return total;
    }
    let bucket = 0;
    let before = 0;
    while (before + (ends[bucket] ?? 0) < k) before += ends[bucket++] ?? 0;
    let [front, kept] = [from, 0];
    for (let i = 0; i < total; i++) {
      const place = places[i] ?? 0;
      const [score, slot] = [scores[from + i] ?? 0, slots[from + i] ?? 0];
      if (place < bucket) {
        scores[front] = score;
        slots[front++] = slot;
      } else if (place === bucket) {
        keptScores[kept] = score;
        keptSlots[kept++] = slot;
      }
    }
    for (let i = 0; i < kept; i++) {
      scores[front + i] = keptScores[i] ?? 0;
      slots[front + i] = keptSlots[i] ?? 0;
    }
    quickselect(scores, slots, front, front + kept - 1, from + k - 1);
    return before + kept;
  };

  const sort = (
    scores: Float32Array,
    slots: Int32Array,
    from: number,
    toScores: Float32Array,
    toSlots: Int32Array,
  ): void => {
    const total = toScores.length;
    if (total < FEW || !count(scores, from, from + total) || crowded(ends)) {
      keys ??= new Float64Array(capacity);
      sortByKeys(scores, slots, from, toScores, toSlots, keys.subarray(0, total));
      return;
    }
    let start = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const own = ends[bucket] ?? 0;
      ends[bucket] = start;
      start += own;
    }
    for (let i = 0; i < total; i++) {
      const bucket = places[i] ?? 0;
      const at = ends[bucket] ?? 0;
      ends[bucket] = at + 1;
      toScores[at] = scores[from + i] ?? 0;
      toSlots[at] = slots[from + i] ?? 0;
    }
    insert(toScores, toSlots);
  };

  return { moveBestFirst, sort };
};

const crowded = (counts: Int32Array): boolean => {
  for (const count of counts) if (count > CROWDED) return true;
  return false;
};

/** Insertion sort: fast if every element is near its place. */
const insert = (scores: Float32Array, slots: Int32Array): void => {
  for (let i = 1; i < scores.length; i++) {
    const score = scores[i] ?? 0;
    if ((scores[i - 1] ?? 0) >= score) continue;
    const slot = slots[i] ?? 0;
    let at = i;
    while (at > 0 && (scores[at - 1] ?? 0) < score) {
      scores[at] = scores[at - 1] ?? 0;
      slots[at] = slots[at - 1] ?? 0;
      at--;
    }
    scores[at] = score;
    slots[at] = slot;
  }
};

/** Of float64's 53 bits, 32 hold a float32 and 21 an index. */
const PLACES = 2 ** 21;
const asFloat = new Float32Array(1);
const asBits = new Uint32Array(asFloat.buffer);

/**
 * Sorts numbers that encode a score and its index: the native sort is several times as fast as one with a comparison
 * function.
 */
const sortByKeys = (
  scores: Float32Array,
  slots: Int32Array,
  from: number,
  toScores: Float32Array,
  toSlots: Int32Array,
  keys: Float64Array,
): void => {
  if (keys.length > PLACES) throw new RangeError(`k = ${keys.length} is above ${PLACES}`);
  for (let i = 0; i < keys.length; i++) {
    // Adding 0 turns -0 into the equal 0.
    asFloat[0] = (scores[from + i] ?? 0) + 0;
    const bits = asBits[0] ?? 0;
    // Ascending keys for descending scores: positive floats sort like their bits, negative ones in reverse.
    keys[i] = (bits < 0x80000000 ? 0x7fffffff - bits : bits) * PLACES + i;
  }
  keys.sort().forEach((key, i) => {
    const place = from + (key % PLACES);
    toScores[i] = scores[place] ?? 0;
    toSlots[i] = slots[place] ?? 0;
  });
};

/** Hoare 1961: partitions `low` to `high` so that no element up to `last` is below any element after it. */
const quickselect = (
  scores: Float32Array,
  slots: Int32Array,
  low: number,
  high: number,
  last: number,
): void => {
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
    if (last <= j) high = j;
    else if (last >= i) low = i;
    else return;
  }
};

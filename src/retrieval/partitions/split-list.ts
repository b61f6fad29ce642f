import { normalise } from "./centroids.ts";

const ROUNDS = 6;
/** Each half gets at least this share of the rows, so that equal rows are split, too, and the number of lists is bounded. */
const LEAST_SHARE = 0.25;

/**
 * Cuts rows in two by 2-means on unit centroids (Lloyd), started from a row far from the mean and the row farthest from
 * it.
 *
 * @param rows `[count, dimension]`
 * @returns the rows' numbers, those of the first half first, and the size of the first half
 */
export const cutInTwo = (
  rows: Float32Array,
  count: number,
  dimension: number,
): { readonly order: Int32Array; readonly first: number } => {
  const d = dimension;
  const order = Int32Array.from({ length: count }, (_, row) => row);
  const mean = meanOf(rows, order, d);
  const one = leastAlong(rows, count, d, mean);
  const other = leastAlong(rows, count, d, one);
  let difference = other.map((value, i) => value - (one[i] ?? 0));
  const along = new Float32Array(count);
  for (let round = 0; round < ROUNDS; round++) {
    for (let row = 0; row < count; row++) along[row] = productAt(rows, row * d, difference);
    const sums = [new Float32Array(d), new Float32Array(d)] as const;
    for (let row = 0; row < count; row++) {
      const sum = sums[(along[row] ?? 0) > 0 ? 1 : 0];
      for (let i = 0; i < d; i++) sum[i] = (sum[i] ?? 0) + (rows[row * d + i] ?? 0);
    }
    for (const sum of sums) normalise(sum, 0, d);
    difference = sums[1].map((value, i) => value - (sums[0][i] ?? 0));
  }
  for (let row = 0; row < count; row++) along[row] = productAt(rows, row * d, difference);
  order.sort((a, b) => (along[a] ?? 0) - (along[b] ?? 0) || a - b);
  let first = 0;
  while (first < count && (along[order[first] ?? 0] ?? 0) <= 0) first++;
  const least = Math.max(1, Math.floor(count * LEAST_SHARE));
  return { order, first: Math.min(count - least, Math.max(least, first)) };
};

/** The mean direction of some rows. */
export const meanOf = (rows: Float32Array, some: Int32Array, d: number): Float32Array => {
  const sum = new Float32Array(d);
  for (const row of some) for (let i = 0; i < d; i++) sum[i] = (sum[i] ?? 0) + (rows[row * d + i] ?? 0);
  normalise(sum, 0, d);
  return sum;
};

/** The row that points least in a direction. */
const leastAlong = (rows: Float32Array, count: number, d: number, direction: Float32Array): Float32Array => {
  let [place, least] = [0, Infinity];
  for (let row = 0; row < count; row++) {
    const along = productAt(rows, row * d, direction);
    if (along < least) [place, least] = [row, along];
  }
  return rows.subarray(place * d, (place + 1) * d);
};

/** The product of the vector at `at` with another. */
export const productAt = (rows: Float32Array, at: number, other: Float32Array): number => {
  let sum = 0;
  for (let i = 0; i < other.length; i++) sum += (rows[at + i] ?? 0) * (other[i] ?? 0);
  return sum;
};

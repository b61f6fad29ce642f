import { createRandom } from "../../math/random.ts";

/** How far the copy of a crowded list's centroid is moved, as a share of its norm. */
const MOVED = 0.05;

/** `[lists, dimension]`, row-major. */
export interface Centroids {
  readonly vectors: Float32Array;
  readonly lists: number;
  readonly dimension: number;
}

/**
 * Sets each centroid to the mean direction of its rows. An empty list takes a copy of the centroid of the most crowded
 * list, slightly moved, which then counts as half as crowded.
 *
 * @param sums the sums of each list's rows, `[lists, dimension]`, one for each part of the rows
 * @param counts the number of rows of each list, for the same parts
 */
export const renewCentroids = (
  { vectors, lists, dimension: d }: Centroids,
  sums: readonly Float32Array[],
  counts: readonly Int32Array[],
): void => {
  const crowds = new Float64Array(lists);
  for (let list = 0; list < lists; list++) {
    for (const part of counts) crowds[list] = (crowds[list] ?? 0) + (part[list] ?? 0);
    if (crowds[list] === 0) continue;
    for (let i = list * d; i < (list + 1) * d; i++) {
      let sum = 0;
      for (const part of sums) sum += part[i] ?? 0;
      vectors[i] = sum;
    }
    normalise(vectors, list * d, d);
  }
  const random = createRandom(lists);
  for (let list = 0; list < lists; list++) {
    if (crowds[list] !== 0) continue;
    const crowded = greatest(crowds);
    const size = MOVED / Math.sqrt(d);
    for (let i = 0; i < d; i++) {
      const push = 2 * size * (random.next() - 0.5);
      vectors[list * d + i] = (vectors[crowded * d + i] ?? 0) + push;
    }
    normalise(vectors, list * d, d);
    crowds[list] = crowds[crowded] = (crowds[crowded] ?? 0) / 2;
  }
};

/** Scales the `length` numbers from `at` on to norm 1; zeros stay zeros. */
export const normalise = (vectors: Float32Array, at: number, length: number): void => {
  let sum = 0;
  for (let i = at; i < at + length; i++) sum += (vectors[i] ?? 0) ** 2;
  if (sum === 0) return;
  const scale = 1 / Math.sqrt(sum);
  for (let i = at; i < at + length; i++) vectors[i] = (vectors[i] ?? 0) * scale;
};

const greatest = (values: Float64Array): number => {
  let place = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) > (values[place] ?? 0)) place = i;
  return place;
};

/**
 * Writes centroids as int8 with one scale for all, transposed as a product's right side.
 *
 * @param target `[stride, lists]`; rows beyond the dimension stay zero
 */
export const quantiseCentroids = ({ vectors, lists, dimension: d }: Centroids, target: Int8Array): void => {
  let most = 0;
  for (let i = 0; i < lists * d; i++) most = Math.max(most, Math.abs(vectors[i] ?? 0));
  const scale = most === 0 ? 0 : 127 / most;
  for (let list = 0; list < lists; list++)
    for (let i = 0; i < d; i++) target[i * lists + list] = Math.round((vectors[list * d + i] ?? 0) * scale);
};

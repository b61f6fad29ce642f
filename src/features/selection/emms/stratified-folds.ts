import { createRandom } from "../../../math/random.ts";

/**
 * Deals rows into folds at random, class by class and in turn, so that each fold has about the same share of every class
 * and none is larger than another by more than one row. The same for the same classes, however numbered, and seed.
 *
 * @returns `[n]`: the fold of each row, 0 .. folds - 1
 */
export const dealStratified = (ids: Int32Array, folds: number, seed: number): Int32Array => {
  const rows = Int32Array.from(ids, (_, i) => i);
  createRandom(seed).shuffleInPlace(rows);
  const places = new Map<number, number>();
  for (const row of rows) {
    const id = ids[row] ?? 0;
    if (!places.has(id)) places.set(id, places.size);
  }
  const placeOf = (row: number): number => places.get(ids[row] ?? 0) ?? 0;
  rows.sort((a, b) => placeOf(a) - placeOf(b));
  const dealt = new Int32Array(ids.length);
  rows.forEach((row, turn) => (dealt[row] = turn % folds));
  return dealt;
};

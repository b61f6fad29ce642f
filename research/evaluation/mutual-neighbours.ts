import { createFlatIndex, unitRows } from "../../src/retrieval/index.ts";

/** Rows whose neighbours are searched at once. */
const BATCH = 256;

/**
 * Mutual nearest neighbours of two representations of the same things: the share of a thing's k nearest by the one that
 * are among its k nearest by the other, averaged (Huh et al., "The Platonic representation hypothesis", arXiv
 * 2405.07987, section 3). Of a pair of encoders, or of their layers, the one with the greater share tends to align better, for
 * which no label is asked.
 *
 * @param left `[n, d]` row-major, of any norm; compared by cosine, ties by row
 * @param right `[n, d']`
 * @param k at most n - 1 count
 * @returns in [0, 1]; what chance gives is k / (n - 1)
 * @throws RangeError for fewer than two things, which have no neighbours
 */
export const mutualNeighbours = async (
  left: Float32Array,
  right: Float32Array,
  n: number,
  k: number,
): Promise<number> => {
  if (n < 2 || k < 1) throw new RangeError("neighbours need two things, and one to count");
  const count = Math.min(k, n - 1);
  const [near, others] = [await neighboursOf(left, n, count), await neighboursOf(right, n, count)];
  let shared = 0;
  const isNear = new Uint8Array(n);
  for (let row = 0; row < n; row++) {
    const own = near.subarray(row * count, (row + 1) * count);
    for (const other of own) isNear[other] = 1;
    for (const other of others.subarray(row * count, (row + 1) * count)) shared += isNear[other] ?? 0;
    for (const other of own) isNear[other] = 0;
  }
  return shared / (n * count);
};

/** The k nearest of each row, itself left out, `[n, k]`. */
const neighboursOf = async (rows: Float32Array, n: number, k: number): Promise<Int32Array> => {
  const dimension = rows.length / n;
  const unit = unitRows(rows, dimension);
  const index = createFlatIndex({ dimension, compare: (a, b) => a - b });
  index.add(0, unit);
  const found = new Int32Array(n * k);
  for (let first = 0; first < n; first += BATCH) {
    const queries = unit.subarray(first * dimension, (first + BATCH) * dimension);
    const { slots, width, counts } = await index.search(queries, { k: k + 1 });
    for (let i = 0; i < counts.length; i++) {
      // A row may be as near to others as to itself, and then not be found.
      const near = slots
        .subarray(i * width, i * width + (counts[i] ?? 0))
        .filter((slot) => slot !== first + i);
      found.set(near.subarray(0, k), (first + i) * k);
    }
  }
  return found;
};

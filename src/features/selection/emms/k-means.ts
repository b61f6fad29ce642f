import { multiply, type Matrix } from "../../../math/linear-algebra/index.ts";
import { createRandom } from "../../../math/random.ts";

/** Enough to begin from; what follows goes on from there. */
const ROUNDS = 10;

/**
 * Clusters rows by k-means (Lloyd's iteration, at most ten rounds) from the seeds of k-means++ (Arthur and Vassilvitskii,
 * SODA 2007). The same for the same rows and seed.
 *
 * @param rows `[n, r]`
 * @param count how many clusters at most; there are fewer where there are fewer distinct rows
 * @param rest awaited between the steps
 * @returns `[n, clusters]`: 1 where the row is the cluster's, else 0
 */
export const clusterRows = async (
  rows: Matrix,
  count: number,
  seed: number,
  rest: () => Promise<void>,
): Promise<Matrix> => {
  const centres = await seedCentres(rows, count, seed, rest);
  let assigned = await nearest(rows, centres);
  for (let round = 1; round < ROUNDS; round++) {
    await rest();
    moveCentres(rows, centres, assigned);
    const next = await nearest(rows, centres);
    const settled = next.every((cluster, i) => cluster === assigned[i]);
    assigned = next;
    if (settled) break;
  }
  const data = new Float64Array(rows.rows * centres.rows);
  assigned.forEach((cluster, i) => (data[i * centres.rows + cluster] = 1));
  return { data, rows: rows.rows, columns: centres.rows };
};

/** Rows that are drawn one by one, each as probably as its squared distance to those already drawn is large. */
const seedCentres = async (
  { data, rows: n, columns: r }: Matrix,
  count: number,
  seed: number,
  rest: () => Promise<void>,
): Promise<Matrix> => {
  const random = createRandom(seed);
  const distances = new Float64Array(n).fill(Infinity);
  const chosen: number[] = [random.integer(n)];
  for (;;) {
    await rest();
    const last = (chosen.at(-1) ?? 0) * r;
    let total = 0;
    for (let i = 0; i < n; i++) {
      let squared = 0;
      for (let j = 0; j < r; j++) squared += ((data[i * r + j] ?? 0) - (data[last + j] ?? 0)) ** 2;
      const distance = Math.min(distances[i] ?? 0, squared);
      distances[i] = distance;
      total += distance;
    }
    if (chosen.length === count || total === 0) break;
    chosen.push(draw(distances, random.next() * total));
  }
  const centres = new Float64Array(chosen.length * r);
  chosen.forEach((row, k) => centres.set(data.subarray(row * r, (row + 1) * r), k * r));
  return { data: centres, rows: chosen.length, columns: r };
};

/** The item at which the weights, added up, reach `target`; never one that weighs nothing. */
const draw = (weights: Float64Array, target: number): number => {
  let [sum, last] = [0, 0];
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] ?? 0;
    if (weight === 0) continue;
    sum += weight;
    last = i;
    if (sum > target) break;
  }
  return last;
};

/** Of each row the nearest centre, of several the first. */
const nearest = async (rows: Matrix, centres: Matrix): Promise<Int32Array> => {
  const { data: products, columns: c } = await multiply(rows, centres, "right");
  const squares = new Float64Array(c);
  centres.data.forEach((value, at) => {
    const k = Math.floor(at / centres.columns);
    squares[k] = (squares[k] ?? 0) + value * value;
  });
  return Int32Array.from({ length: rows.rows }, (_, i) => {
    let [best, least] = [0, Infinity];
    for (let k = 0; k < c; k++) {
      const distance = (squares[k] ?? 0) - 2 * (products[i * c + k] ?? 0);
      if (distance < least) [best, least] = [k, distance];
    }
    return best;
  });
};

/** To the mean of their rows; one that has none stays. */
const moveCentres = (rows: Matrix, centres: Matrix, assigned: Int32Array): void => {
  const r = rows.columns;
  const counts = new Int32Array(centres.rows);
  for (const cluster of assigned) counts[cluster] = (counts[cluster] ?? 0) + 1;
  counts.forEach((count, k) => {
    if (count > 0) centres.data.fill(0, k * r, (k + 1) * r);
  });
  assigned.forEach((cluster, i) => {
    const count = counts[cluster] ?? 1;
    for (let j = 0; j < r; j++) {
      const at = cluster * r + j;
      centres.data[at] = (centres.data[at] ?? 0) + (rows.data[i * r + j] ?? 0) / count;
    }
  });
};

import type { HierarchicalNSW } from "hnswlib-node";
import { createExactIndex } from "../index.ts";

/** Neighbours that recall is measured over. */
export const RECALL_K = 10;
/** Scores within it are equal: anchors with one caption have one text vector, and any of them is as near. */
const EQUAL = 1e-5;
const QUERIES_AT_ONCE = 64;

/**
 * Recall@10 of a graph: over rows taken at even steps as queries, which part of their nearest neighbours (the row itself
 * left out) it finds. A neighbour counts as found where it is as near as the tenth of the exact ones, as in
 * ann-benchmarks (Aumüller et al., arXiv 1807.05614, section 2.1).
 *
 * @param rows `[n, d]` row-major, rows of L2 norm 1
 * @param queries how many, at most n
 * @returns 0 to 1; null where there are no two rows
 */
export const recallOf = async (
  graph: HierarchicalNSW,
  rows: Float32Array,
  dimension: number,
  options: { readonly queries: number; readonly ef: number },
): Promise<number | null> => {
  const count = rows.length / dimension;
  const k = Math.min(RECALL_K, count - 1);
  const asked = Math.min(options.queries, count);
  if (k < 1 || asked < 1) return null;
  const rowAt = (row: number): Float32Array => rows.subarray(row * dimension, (row + 1) * dimension);
  const sample = Array.from({ length: asked }, (_, i) => Math.floor((i * count) / asked));
  const exact = createExactIndex({ dimension, compare: (a, b) => a - b });
  exact.add(0, rows);
  graph.setEf(Math.max(options.ef, k + 1));
  let found = 0;
  try {
    for (let first = 0; first < asked; first += QUERIES_AT_ONCE) {
      const some = sample.slice(first, first + QUERIES_AT_ONCE);
      const queries = new Float32Array(some.length * dimension);
      some.forEach((row, i) => queries.set(rowAt(row), i * dimension));
      const { slots, scores, width } = await exact.search(queries, { k: k + 1 });
      some.forEach((row, i) => {
        const others = Array.from({ length: width }, (_, j) => i * width + j).filter(
          (at) => slots[at] !== row,
        );
        const threshold = (scores[others[k - 1] ?? 0] ?? 0) - EQUAL;
        const { neighbors } = graph.searchKnn(Array.from(rowAt(row)), Math.min(k + 1, count));
        const near = neighbors.filter((other) => other !== row && dot(rowAt(other), rowAt(row)) >= threshold);
        found += Math.min(k, near.length);
      });
    }
  } finally {
    exact.close();
  }
  return found / (asked * k);
};

const dot = (a: Float32Array, b: Float32Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
};

import type { HierarchicalNSW } from "hnswlib-node";
import { AnchorageError } from "../../errors.ts";
import type { IndexProfile, loadHnsw } from "../index.ts";

export type HnswLibrary = NonNullable<Awaited<ReturnType<typeof loadHnsw>>>;

/** The graph's levels are drawn at random; with one seed the same vectors give the same file. */
const SEED = 1;
/** How long building may hold the event loop, so that Ctrl-C is heard and progress is drawn. */
const SLICE_MS = 50;

/**
 * A navigable small-world graph (Malkov and Yashunin, arXiv 1603.09320) over `rows`, labels being row numbers.
 *
 * @param rows `[n, d]` row-major, rows of L2 norm 1
 * @throws AnchorageError `cancelled` where `signal` aborts.
 */
export const buildGraph = async (
  hnswlib: HnswLibrary,
  rows: Float32Array,
  dimension: number,
  { hnsw }: IndexProfile,
  options: { readonly signal: AbortSignal; readonly onProgress: (inserted: number) => void },
): Promise<HierarchicalNSW> => {
  const count = rows.length / dimension;
  const graph = new hnswlib.HierarchicalNSW("ip", dimension);
  const { m, efConstruction } = hnsw;
  graph.initIndex({ maxElements: count, m, efConstruction, randomSeed: SEED });
  for (let row = 0; row < count;) {
    if (options.signal.aborted) throw new AnchorageError("cancelled", "stopped; no file was changed");
    const until = performance.now() + SLICE_MS;
    while (row < count && performance.now() < until) {
      graph.addPoint(Array.from(rows.subarray(row * dimension, (row + 1) * dimension)), row);
      row++;
    }
    options.onProgress(row);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return graph;
};

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AnchorageError } from "../../../errors.ts";
import { currentCosts } from "../../../retrieval/costs.ts";
import { createFlatIndex } from "../../../retrieval/codes/flat-index.ts";
import { requireGraphLibrary } from "../../../retrieval/graph-library.ts";
import { createHnswIndex, type HnswIndex } from "../../../retrieval/hnsw.ts";
import type { GraphProfile } from "../../../retrieval/profile.ts";
import { measureRecall, type MeasureOptions, type RecallCurve } from "../../../retrieval/recall.ts";
import type { NamedFile } from "../../../retrieval/built-index/files.ts";

/** Number of sampled queries, as a multiple of the service's own measurements. */
const EFFORT = 3;
const inOrder = (a: number, b: number): number => a - b;

/**
 * Measures a finished graph against an exact search over the same rows.
 *
 * @throws AnchorageError `cancelled` if `signal` aborts
 */
export const measureGraph = async (
  work: string,
  { rows, graph, dimension }: { rows: NamedFile; graph: NamedFile; dimension: number },
  profile: GraphProfile,
  signal: AbortSignal,
): Promise<RecallCurve> => {
  const graphLibrary = await requireGraphLibrary();
  const loaded = graphLibrary.newGraph(dimension);
  await loaded.readIndex(join(work, graph.file));
  const bytes = await readFile(join(work, rows.file));
  const vectors = new Float32Array(Uint8Array.from(bytes).buffer);
  const count = vectors.length / dimension;
  const slots = Int32Array.from({ length: count }, (_, row) => row);
  const hnsw = createHnswIndex(graphLibrary, {
    dimension,
    compare: inOrder,
    row: (slot) => vectors.subarray(slot * dimension, (slot + 1) * dimension),
    profile,
    loaded: { graph: loaded, slots, missing: [], slotCount: count },
  });
  try {
    return await measureRows(vectors, hnsw, { profile, effort: EFFORT }, signal);
  } finally {
    hnsw.close();
  }
};

/** @param vectors `[n, d]`, the vectors of slots 0 to n - 1 of `hnsw` */
export const measureRows = async (
  vectors: Float32Array,
  hnsw: HnswIndex,
  options: Pick<MeasureOptions, "profile" | "effort" | "all" | "onPoint">,
  signal: AbortSignal,
): Promise<RecallCurve> => {
  const { dimension } = hnsw;
  const exact = createFlatIndex({ dimension, compare: inOrder });
  try {
    exact.add(0, vectors);
    const curve = await measureRecall(
      {
        dimension,
        row: exact.row,
        slots: Int32Array.from({ length: vectors.length / dimension }, (_, slot) => slot),
        exact: (query, k) => exact.search(query, { k }),
        approximate: (query, k, ef) => hnsw.search(query, { k, ef }),
      },
      { ...options, costs: currentCosts(), isClosed: () => signal.aborted },
    );
    if (signal.aborted) throw new AnchorageError("cancelled", "stopped; no file was changed");
    return curve;
  } finally {
    exact.close();
  }
};

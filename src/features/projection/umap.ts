import { UMAP } from "umap-js";
import { createRandom } from "../../math/random.ts";
import { createTurns } from "../../math/slices.ts";

/** A layout by UMAP, to be computed. */
export interface UmapTask {
  /** Neighbours of each point, without itself: `[n, k]` positions, the nearest first, with their distances. */
  readonly indices: Int32Array;
  readonly distances: Float32Array;
  readonly k: number;
  /** Where points begin, `[n, 2]`, such as their principal components. */
  readonly start: Float32Array;
  readonly seed: number;
}

/** The largest coordinate at the start, as in the authors' implementation. */
const START_SIZE = 10;
/** Equal vectors begin apart by this much, for points at the same place do not repel each other. */
const START_NOISE = 1e-4;
/** umap-js takes time that grows with the square of the points where all neighbours of one are at distance 0. */
const LEAST_DISTANCE = 1e-6;

/**
 * Lays points out by UMAP (McInnes, Healy and Melville, arXiv:1802.03426; the package umap-js) from neighbours that are
 * given and places to begin at. The same task gives the same layout.
 *
 * @param onEpoch called after each pass over the points
 * @param signal after a pass, an aborted signal's reason is thrown
 * @returns `[n, 2]`
 */
export const layOut = async (
  { indices, distances, k, start, seed }: UmapTask,
  onEpoch: (epoch: number, epochs: number) => void,
  signal?: AbortSignal,
): Promise<Float32Array<ArrayBuffer>> => {
  const n = start.length / 2;
  const random = createRandom(seed);
  const umap = new UMAP({ nComponents: 2, nNeighbors: k + 1, minDist: 0.1, random: () => random.next() });
  const rowOf = (values: Int32Array | Float32Array, row: number): number[] =>
    Array.from(values.subarray(row * k, (row + 1) * k));
  const points = Array.from({ length: n }, (_, row) => row);
  umap.setPrecomputedKNN(
    points.map((row) => [row, ...rowOf(indices, row)]),
    points.map((row) => [0, ...rowOf(distances, row).map((one) => Math.max(one, LEAST_DISTANCE))]),
  );
  // The vectors themselves are not read where neighbours are given.
  const epochs = umap.initializeFit(points.map((row) => [row]));
  const embedding = umap.getEmbedding();
  const largest = start.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  embedding.forEach((place, row) => {
    const at = (axis: number): number =>
      ((start[2 * row + axis] ?? 0) / largest) * START_SIZE + (random.next() - 0.5) * START_NOISE;
    // The layout is improved in place, from wherever these arrays say.
    place[0] = at(0);
    place[1] = at(1);
  });
  const turn = createTurns(signal);
  for (let epoch = 0; epoch < epochs;) {
    epoch = umap.step();
    onEpoch(epoch, epochs);
    await turn();
  }
  return Float32Array.from(umap.getEmbedding().flat());
};

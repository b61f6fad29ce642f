import type * as usearchModule from "usearch";
import type { GraphNeighbours, NeighbourGraph } from "./neighbour-graph.ts";

/** A search that a filter leaves with too few results is repeated with this many times the candidates. */
const WIDEN = 4;

/**
 * A graph by usearch, with the interface of hnswlib's. Its searches have neither a filter nor a number of candidates of
 * their own: as many results as candidates are taken, and those that the filter allows are kept. Where they are too few,
 * more are taken, in the end all.
 */
export const createUsearchGraph = (usearch: typeof usearchModule, dimension: number): NeighbourGraph => {
  const { Index, MetricKind, ScalarKind } = usearch;
  const newIndex = (connectivity: number, expansion: number) =>
    new Index({
      dimensions: dimension,
      metric: MetricKind.IP,
      quantization: ScalarKind.F32,
      connectivity,
      expansion_add: expansion,
      expansion_search: 1,
      multi: false,
    });
  let index = newIndex(16, 200);
  let ef = 1;

  const nearest = (
    query: Float32Array,
    count: number,
  ): { readonly label: number; readonly distance: number }[] => {
    const { keys, distances } = index.search(query, count, 1);
    return Array.from(keys, (key, i) => ({ label: Number(key), distance: distances[i] ?? 1 }));
  };

  const readIndexSync = (file: string): void => {
    index = newIndex(16, 200);
    index.load(file);
    if (index.dimensions() !== dimension)
      throw new RangeError(
        `${file} holds vectors of dimension ${index.dimensions()} in place of ${dimension}`,
      );
  };

  return {
    initIndex: ({ m, efConstruction }) => void (index = newIndex(m, efConstruction)),
    addPoint: (vector, label) => index.add(BigInt(label), Float32Array.from(vector), 1),
    markDelete: (label) => void index.remove(BigInt(label)),
    setEf: (candidates) => void (ef = candidates),
    searchKnn: (query, k, filter): GraphNeighbours => {
      const vector = Float32Array.from(query);
      const all = index.size();
      for (let count = Math.min(Math.max(k, ef), all); ; count = Math.min(WIDEN * count, all)) {
        const found = nearest(vector, count);
        const allowed = (filter === undefined ? found : found.filter(({ label }) => filter(label))).slice(
          0,
          k,
        );
        if (filter !== undefined && allowed.length < k && count < all) continue;
        return {
          neighbors: allowed.map(({ label }) => label),
          distances: allowed.map(({ distance }) => distance),
        };
      }
    },
    // It grows by itself.
    getMaxElements: () => Infinity,
    resizeIndex: () => undefined,
    getCurrentCount: () => index.size(),
    readIndex: (file) => {
      readIndexSync(file);
      return Promise.resolve();
    },
    readIndexSync,
    writeIndexSync: (file) => index.save(file),
  };
};

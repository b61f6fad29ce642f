import type { HierarchicalNSW } from "hnswlib-node";
import { emptyNeighbours, type Candidate } from "./neighbours.ts";
import type { IndexProfile } from "./profile.ts";
import type { Neighbours, Slot, VectorIndex } from "./types.ts";

/** How long building or searching may hold the event loop before it lets others in. */
const SLICE_MS = 8;
const FIRST_CAPACITY = 1_024;
/** Distances of unit vectors in float32 are nearer to the truth. */
const ROUNDING = 1e-5;
const SEED = 1;

const load = async () => {
  try {
    // CommonJS: the exports are on `default` under ESM.
    const loaded = await import("hnswlib-node");
    return loaded.default;
  } catch {
    return undefined;
  }
};

export type HnswLibrary = NonNullable<Awaited<ReturnType<typeof load>>>;

let library: Promise<HnswLibrary | undefined> | undefined;

/** The native library, or undefined where it could not be compiled at install. */
export const loadHnsw = (): Promise<HnswLibrary | undefined> => (library ??= load());

/** Whether HNSW can be used, and where not a line that says what is missing and what that costs. */
export const hnswAvailable = async (): Promise<{ available: boolean; reason: string }> =>
  (await loadHnsw()) === undefined
    ? {
        available: false,
        reason:
          "hnswlib-node is not installed (it is compiled at install, which takes a C++ compiler): the exact index " +
          "answers everything, which costs time beyond some hundred thousand anchors",
      }
    : { available: true, reason: "" };

export interface HnswIndex extends VectorIndex {
  readonly kind: "hnsw";
  /** Resolves when everything that was added is in the graph. */
  readonly ready: () => Promise<void>;
  /** Whether everything that was added is in the graph. */
  readonly isReady: () => boolean;
}

/**
 * A navigable small-world graph (Malkov and Yashunin, arXiv 1603.09320) by hnswlib. Vectors that are added are
 * inserted in slices, so that the event loop stays free; until then they are not found. Scores are taken again from
 * the vectors themselves, so that they equal those of an exact index up to rounding.
 *
 * @param options.row the vector of a slot, which the graph's candidates are scored with
 */
export const createHnswIndex = (
  hnswlib: HnswLibrary,
  options: {
    readonly dimension: number;
    readonly compare: (a: Slot, b: Slot) => number;
    readonly row: (slot: Slot) => Float32Array;
    readonly profile: IndexProfile;
  },
): HnswIndex => {
  const { dimension: d, compare, row, profile } = options;
  const graph: HierarchicalNSW = new hnswlib.HierarchicalNSW("ip", d);
  graph.initIndex({
    maxElements: FIRST_CAPACITY,
    m: profile.hnsw.m,
    efConstruction: profile.hnsw.efConstruction,
    randomSeed: SEED,
  });
  const removed = new Set<Slot>();
  let inserted = 0;
  /** Of those inserted. */
  let hidden = 0;
  let added = 0;
  let building: Promise<void> | undefined;
  let closed = false;
  let failed = false;

  const build = async (): Promise<void> => {
    while (inserted < added && !closed) {
      const until = performance.now() + SLICE_MS;
      while (inserted < added && performance.now() < until) {
        if (inserted >= graph.getMaxElements()) graph.resizeIndex(2 * graph.getMaxElements());
        graph.addPoint(Array.from(row(inserted)), inserted);
        if (removed.has(inserted)) hide(inserted);
        inserted++;
      }
      await nextTurn();
    }
  };

  const hide = (slot: Slot): void => {
    graph.markDelete(slot);
    hidden++;
  };

  const searchOne = (
    query: Float32Array,
    k: number,
    ef: number,
    allow: Uint8Array | undefined,
  ): Candidate[] => {
    const candidates = Math.min(Math.max(ef, k), inserted);
    graph.setEf(candidates);
    const filter = allow === undefined ? undefined : (slot: number) => allow[slot] === 1;
    const { neighbors, distances } = graph.searchKnn(Array.from(query), candidates, filter);
    // The graph's own k, and what it cannot tell from the k-th: which of equal ones come first is for `compare` to say.
    const farthest = (Float64Array.from(distances).sort()[k - 1] ?? Infinity) + ROUNDING;
    return neighbors
      .filter((_, i) => (distances[i] ?? 0) <= farthest)
      .map((slot) => ({ slot, score: dot(query, row(slot)) }))
      .sort((a, b) => b.score - a.score || compare(a.slot, b.slot))
      .slice(0, k);
  };

  const search: VectorIndex["search"] = async (queries, { k, allow, ef }) => {
    const batch = queries.length / d;
    const width = Math.min(k, inserted - hidden);
    const result: Neighbours = emptyNeighbours(batch, Math.max(0, width));
    if (width <= 0) return result;
    let until = performance.now() + SLICE_MS;
    for (let i = 0; i < batch; i++) {
      if (performance.now() > until) {
        await nextTurn();
        until = performance.now() + SLICE_MS;
      }
      const found = searchOne(queries.subarray(i * d, (i + 1) * d), width, ef ?? profile.hnsw.ef, allow);
      found.forEach(({ slot, score }, j) => {
        result.slots[i * width + j] = slot;
        result.scores[i * width + j] = score;
      });
      result.counts[i] = found.length;
    }
    return result;
  };

  return {
    kind: "hnsw",
    dimension: d,
    size: () => added - removed.size,
    add: (first, vectors) => {
      if (first !== added) throw new RangeError(`slot ${first} does not follow ${added - 1}`);
      added += vectors.length / d;
      // A graph that cannot grow stays behind and is never ready, so that the exact index goes on answering.
      building ??= build()
        .catch(() => (failed = true))
        .then(() => (building = undefined));
    },
    remove: (slots) => {
      for (const slot of slots) {
        if (slot < inserted && !removed.has(slot)) hide(slot);
        removed.add(slot);
      }
    },
    search,
    ready: async () => {
      await building;
    },
    isReady: () => !failed && inserted === added,
    close: () => {
      closed = true;
    },
  };
};

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const dot = (a: Float32Array, b: Float32Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
};

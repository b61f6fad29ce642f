import type { HierarchicalNSW } from "hnswlib-node";
import { emptyNeighbours } from "./neighbours.ts";
import type { IndexProfile } from "./profile.ts";
import type { Neighbours, Slot, VectorIndex } from "./types.ts";

/** How long building or searching may hold the event loop before it lets others in. */
const SLICE_MS = 8;
const FIRST_CAPACITY = 1_024;
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

/** The nearest first. */
type Found = ReturnType<HierarchicalNSW["searchKnn"]>;

export interface HnswIndex extends VectorIndex {
  readonly kind: "hnsw";
  /** Resolves when everything that was added is in the graph. */
  readonly ready: () => Promise<void>;
  /** Whether everything that was added is in the graph. */
  readonly isReady: () => boolean;
}

/**
 * A navigable small-world graph (Malkov and Yashunin, arXiv 1603.09320) by hnswlib. Vectors that are added are
 * inserted in slices, so that the event loop stays free; until then they are not found. Scores equal those of an exact
 * index up to float32's rounding of 1 - score.
 *
 * @param options.row the vector of a slot, to be inserted
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

  const findNearest = (query: number[], k: number, ef: number, allow: Uint8Array | undefined): Found => {
    const candidates = Math.min(Math.max(ef, k), inserted);
    graph.setEf(candidates);
    const filter = allow === undefined ? undefined : (slot: number) => allow[slot] === 1;
    // One more than asked for: where it is as near as the last, which of equal ones come first is for `compare` to say.
    const found = graph.searchKnn(query, Math.min(k + 1, candidates), filter);
    const isTied = found.distances[k] !== undefined && found.distances[k] === found.distances[k - 1];
    return isTied && candidates > k + 1 ? graph.searchKnn(query, candidates, filter) : found;
  };

  /** Puts the k nearest into a row of `result`, equally near ones in the order of `compare`. */
  const write = ({ neighbors, distances }: Found, result: Neighbours, row: number, k: number): void => {
    for (let start = 0; start < neighbors.length;) {
      let end = start + 1;
      while (end < neighbors.length && distances[end] === distances[start]) end++;
      if (end - start > 1) {
        const tied = neighbors.slice(start, end).sort(compare);
        for (let i = start; i < end; i++) neighbors[i] = tied[i - start] ?? -1;
      }
      start = end;
    }
    const count = Math.min(k, neighbors.length);
    for (let i = 0; i < count; i++) {
      result.slots[row * k + i] = neighbors[i] ?? -1;
      result.scores[row * k + i] = 1 - (distances[i] ?? 1);
    }
    result.counts[row] = count;
  };

  const search: VectorIndex["search"] = async (queries, { k, allow, ef }) => {
    const batch = queries.length / d;
    const width = Math.min(k, inserted - hidden);
    const result: Neighbours = emptyNeighbours(batch, Math.max(0, width));
    if (width <= 0) return result;
    const query = new Array<number>(d).fill(0);
    let until = performance.now() + SLICE_MS;
    for (let i = 0; i < batch; i++) {
      if (performance.now() > until) {
        await nextTurn();
        until = performance.now() + SLICE_MS;
      }
      for (let j = 0; j < d; j++) query[j] = queries[i * d + j] ?? 0;
      write(findNearest(query, width, ef ?? profile.hnsw.ef, allow), result, i, width);
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

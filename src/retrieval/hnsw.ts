import type { GraphNeighbours, NeighbourGraph, GraphLibrary } from "./neighbour-graph.ts";
import { emptyNeighbours } from "./top-k.ts";
import type { GraphProfile } from "./profile.ts";
import type { Neighbours, Slot, VectorIndex } from "./types.ts";

/** Maximum time that building or searching blocks the event loop. */
const SLICE_MS = 8;
const FIRST_CAPACITY = 1_024;
/** Seed of the random levels: the same vectors give the same graph. */
export const SEED = 1;

/** About how many bytes a vector takes in a graph: itself, and its links, of which the lowest layer has `2 m`. */
export const graphBytes = (dimension: number, { hnsw }: GraphProfile): number =>
  4 * (dimension + 2 * hnsw.m + 8);

/** A graph built elsewhere and read from a file. */
export interface LoadedGraph {
  readonly graph: NeighbourGraph;
  /** The slot of each label's vector; -1 if its anchor no longer exists, so that it is hidden. */
  readonly slots: Int32Array;
  /** Slots that the graph lacks and that will be inserted. */
  readonly missing: readonly Slot[];
  /** Number of slots, live or not, that it accounts for; the next `add` starts here. */
  readonly slotCount: number;
}

export interface HnswIndex extends VectorIndex {
  readonly kind: "hnsw";
  readonly profile: GraphProfile;
  /** Number of vectors that can be found, and of hidden ones that are still in the graph. */
  readonly contents: () => { readonly live: number; readonly hidden: number };
  /** Resolves when all added vectors are in the graph. */
  readonly ready: () => Promise<void>;
  /** Whether all added vectors are in the graph. */
  readonly isReady: () => boolean;
}

/**
 * A navigable small-world graph (Malkov and Yashunin, arXiv 1603.09320). Added vectors are inserted in
 * slices, so that the event loop is not blocked; until then they are not found. Scores equal those of an exact index
 * up to float32's rounding of 1 - score.
 *
 * @param options.row returns the vector of a slot
 * @param options.loaded a graph to start with, owned by the index from now on; default: empty
 */
export const createHnswIndex = (
  library: GraphLibrary,
  options: {
    readonly dimension: number;
    readonly compare: (a: Slot, b: Slot) => number;
    readonly row: (slot: Slot) => Float32Array;
    readonly profile: GraphProfile;
    readonly loaded?: LoadedGraph;
  },
): HnswIndex => {
  const { dimension: d, compare, row, profile, loaded } = options;
  const graph = loaded?.graph ?? newGraph(library, d, profile);
  /** By label, in order of insertion: the slot, or -1. By slot: its label, or -1. */
  const slotOf: number[] = Array.from(loaded?.slots ?? []);
  const labelOf = new Array<number>(loaded?.slotCount ?? 0).fill(-1);
  const removed = new Set<Slot>();
  /** Slots to insert, starting at `next`. */
  const queue: Slot[] = [...(loaded?.missing ?? [])];
  let next = 0;
  let added = loaded?.slotCount ?? 0;
  /** Number of inserted slots. */
  let hidden = 0;
  let building: Promise<void> | undefined;
  let closed = false;
  let failed = false;

  const insert = (slot: Slot): void => {
    const label = slotOf.length;
    if (label >= graph.getMaxElements()) graph.resizeIndex(2 * graph.getMaxElements());
    graph.addPoint(Array.from(row(slot)), label);
    slotOf.push(slot);
    labelOf[slot] = label;
    if (removed.has(slot)) hide(label);
  };

  const build = async (): Promise<void> => {
    while (next < queue.length && !closed) {
      const until = performance.now() + SLICE_MS;
      while (next < queue.length && performance.now() < until) {
        insert(queue[next] ?? 0);
        next++;
      }
      await nextTurn();
    }
  };

  /** A graph that cannot grow is never ready again, so the exact index keeps answering. */
  const buildOn = (): void => {
    building ??= build()
      .catch(() => (failed = true))
      .then(() => (building = undefined));
  };

  const hide = (label: number): void => {
    graph.markDelete(label);
    hidden++;
  };

  slotOf.forEach((slot, label) => {
    if (slot < 0) hide(label);
    else labelOf[slot] = label;
  });
  if (queue.length > 0) buildOn();

  const findNearest = (
    query: number[],
    k: number,
    ef: number,
    allow: Uint8Array | undefined,
  ): GraphNeighbours => {
    const candidates = Math.min(Math.max(ef, k), slotOf.length);
    graph.setEf(candidates);
    const filter = allow === undefined ? undefined : (label: number) => allow[slotOf[label] ?? -1] === 1;
    // One more than requested, because ties with the last one are broken by `compare`.
    const found = graph.searchKnn(query, Math.min(k + 1, candidates), filter);
    const isTied = found.distances[k] !== undefined && found.distances[k] === found.distances[k - 1];
    return isTied && candidates > k + 1 ? graph.searchKnn(query, candidates, filter) : found;
  };

  /** Writes the k nearest into a row of `result`, ties in the order of `compare`. */
  const write = (
    { neighbors, distances }: GraphNeighbours,
    result: Neighbours,
    row: number,
    k: number,
  ): void => {
    const slots = neighbors.map((label) => slotOf[label] ?? -1);
    for (let start = 0; start < slots.length;) {
      let end = start + 1;
      while (end < slots.length && distances[end] === distances[start]) end++;
      if (end - start > 1) {
        const tied = slots.slice(start, end).sort(compare);
        for (let i = start; i < end; i++) slots[i] = tied[i - start] ?? -1;
      }
      start = end;
    }
    const count = Math.min(k, slots.length);
    for (let i = 0; i < count; i++) {
      result.slots[row * k + i] = slots[i] ?? -1;
      result.scores[row * k + i] = 1 - (distances[i] ?? 1);
    }
    result.counts[row] = count;
  };

  const search: VectorIndex["search"] = async (queries, { k, allow, ef }) => {
    const batch = queries.length / d;
    const width = Math.min(k, slotOf.length - hidden);
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
    profile,
    size: () => added - removed.size,
    contents: () => ({ live: slotOf.length - hidden, hidden }),
    add: (first, vectors) => {
      if (first !== added) throw new RangeError(`slot ${first} does not follow ${added - 1}`);
      const count = vectors.length / d;
      for (let i = 0; i < count; i++) queue.push(first + i);
      added += count;
      buildOn();
    },
    remove: (slots) => {
      for (const slot of slots) {
        const label = labelOf[slot] ?? -1;
        if (label >= 0 && !removed.has(slot)) hide(label);
        removed.add(slot);
      }
    },
    search,
    ready: async () => {
      await building;
    },
    isReady: () => !failed && next === queue.length,
    close: () => {
      closed = true;
    },
  };
};

const newGraph = (library: GraphLibrary, dimension: number, { hnsw }: GraphProfile): NeighbourGraph => {
  const graph = library.newGraph(dimension);
  const { m, efConstruction } = hnsw;
  graph.initIndex({ maxElements: FIRST_CAPACITY, m, efConstruction, randomSeed: SEED });
  return graph;
};

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

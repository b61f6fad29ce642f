import { createRandom } from "../math/random.ts";
import { availableThreads } from "../machine-limits.ts";
import {
  batchCounts,
  productCounts,
  type SearchMeans,
  flatCounts,
  graphCounts,
  MAIN_MS,
  threadsFor,
  speedOf,
  type CodesWork,
  type Costs,
} from "./costs.ts";
import { createFlatIndex, type FlatIndex } from "./codes/flat-index.ts";
import { unitRows } from "./unit-rows.ts";
import type { GraphLibrary } from "./neighbour-graph.ts";
import { createHnswIndex } from "./hnsw.ts";
import type { GraphProfile } from "./profile.ts";

/** Dimension and rows of the indexes that are searched. */
const INDEXES = [
  { dimension: 64, rows: 8_192 },
  { dimension: 512, rows: 8_192 },
  { dimension: 64, rows: 131_072 },
  // More than processors have as cache.
  { dimension: 256, rows: 131_072 },
] as const;
const KS = [10, 400];
const BATCHES = [16, 64];
/** Products in float32 are for few rows. */
const MOST_MULTIPLIED = 10_000;
/** One row in so many is let through where a filter's rows are read one by one. */
const ALLOWED = 16;
/** Runs of a search; the first of them run code that is not optimised yet. */
const REPEATS = 12;
const GRAPH = { dimension: 256, rows: 1_000, queries: 8, efs: [32, 128, 512] } as const;
/** Numbers that are made up before others have their turn. */
const FILLED_AT_ONCE = 1 << 18;

interface Sample {
  readonly counts: Readonly<Record<string, number>>;
  readonly ms: number;
}

/**
 * Measures what searches cost on this machine: searches of made-up vectors by each kernel and of a small graph, to whose
 * times the costs are fitted. It takes a few seconds, in turns with everything else.
 *
 * @returns undefined where `isClosed` came true meanwhile
 */
export const measureCosts = async (options: {
  readonly graphLibrary: GraphLibrary | undefined;
  readonly profile: GraphProfile;
  readonly fallback: Costs;
  readonly isClosed: () => boolean;
}): Promise<Costs | undefined> => {
  const { graphLibrary, profile, fallback, isClosed } = options;
  const flat: Sample[] = [];
  const batches: Sample[] = [];
  const products: Sample[] = [];
  for (const { dimension, rows } of INDEXES) {
    const index = createFlatIndex({ dimension, compare: (a, b) => a - b });
    const vectors = unitRows(await madeUp(rows, dimension), dimension);
    for (let first = 0; first < rows; first += ROWS_AT_ONCE) {
      index.add(first, vectors.subarray(first * dimension, (first + ROWS_AT_ONCE) * dimension));
      await nextTurn();
    }
    for (const k of KS) {
      for (const allowed of [rows, rows / ALLOWED]) {
        if (isClosed()) return undefined;
        const query = vectors.slice(0, dimension);
        flat.push(await timeFlat(index, query, { rows, allowed, dimension, k, proof: false }));
      }
      for (const batch of BATCHES) {
        if (isClosed()) return undefined;
        const queries = vectors.slice(0, batch * dimension);
        const work = { rows, allowed: rows, dimension, batch, k, proof: false };
        batches.push({ counts: batchCounts(work), ms: await timeBatch(index, queries, work, "codes") });
        if (rows > MOST_MULTIPLIED) continue;
        products.push({ counts: productCounts(work), ms: await timeBatch(index, queries, work, "floats") });
      }
    }
  }
  const graph = graphLibrary === undefined ? [] : await timeGraph(graphLibrary, profile, isClosed);
  if (isClosed()) return undefined;
  return {
    flat: fitCosts(flat, fallback.flat),
    batch: fitCosts(batches, fallback.batch),
    product: fitCosts(products, fallback.product),
    hnsw: graph.length === 0 ? fallback.hnsw : fitCosts(graph, fallback.hnsw),
  };
};

/** Rows that are added before others have their turn. */
const ROWS_AT_ONCE = 1_024;

const madeUp = async (rows: number, dimension: number): Promise<Float32Array> => {
  const random = createRandom(1);
  const numbers = new Float32Array(rows * dimension);
  for (let first = 0; first < numbers.length; first += FILLED_AT_ONCE) {
    const last = Math.min(numbers.length, first + FILLED_AT_ONCE);
    for (let i = first; i < last; i++) numbers[i] = random.next() - 0.5;
    await nextTurn();
  }
  return numbers;
};

const timeFlat = async (
  index: FlatIndex,
  queries: Float32Array,
  work: Omit<CodesWork, "batch">,
): Promise<Sample> => {
  const { rows, allowed, k, proof } = work;
  const allow = new Uint8Array(rows);
  for (let slot = 0; slot < rows; slot += rows / allowed) allow[slot] = 1;
  const ms = await fastest(() => index.search(queries, { k, allow, proof, means: "scans" }));
  return { counts: flatCounts(work), ms: ms * speedOf(ms < MAIN_MS ? 1 : threadsFor({ ...work, batch: 1 })) };
};

const timeBatch = async (
  index: FlatIndex,
  queries: Float32Array,
  { k, proof }: CodesWork,
  means: SearchMeans,
): Promise<number> => {
  const ms = await fastest(() => index.search(queries, { k, proof, means }));
  return ms * speedOf(availableThreads());
};

const timeGraph = async (
  graphLibrary: GraphLibrary,
  profile: GraphProfile,
  isClosed: () => boolean,
): Promise<Sample[]> => {
  const { dimension, rows, queries, efs } = GRAPH;
  const compare = (a: number, b: number): number => a - b;
  const vectors = unitRows(await madeUp(rows, dimension), dimension);
  const row = (slot: number): Float32Array => vectors.subarray(slot * dimension, (slot + 1) * dimension);
  const graph = createHnswIndex(graphLibrary, { dimension, compare, row, profile });
  try {
    graph.add(0, vectors);
    await graph.ready();
    const samples: Sample[] = [];
    for (const ef of efs) {
      if (isClosed()) break;
      const some = vectors.slice(0, queries * dimension);
      const ms = await fastest(() => graph.search(some, { k: 10, ef }));
      samples.push({ counts: graphCounts({ anchors: rows, dimension, batch: queries, ef }), ms });
    }
    return samples;
  } finally {
    graph.close();
  }
};

/** The least of a few runs, for what disturbs a measurement only ever adds to it. */
const fastest = async (work: () => Promise<unknown>): Promise<number> => {
  let least = Infinity;
  for (let run = 0; run <= REPEATS; run++) {
    const start = performance.now();
    await work();
    // The first run compiles.
    if (run > 0) least = Math.min(least, performance.now() - start);
    await nextTurn();
  }
  return least;
};

const ROUNDS = 500;

/**
 * Costs that are not negative, with the least sum of squared relative errors: coordinate descent, one cost after the
 * other at its best with the others as they are.
 */
export const fitCosts = <T extends Readonly<Record<string, number>>>(
  samples: readonly { readonly counts: Readonly<Record<string, number>>; readonly ms: number }[],
  start: T,
): T => {
  const costs: Record<string, number> = { ...start };
  const names = Object.keys(start);
  const estimate = (counts: Readonly<Record<string, number>>): number =>
    names.reduce((sum, name) => sum + (costs[name] ?? 0) * (counts[name] ?? 0), 0);
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of names) {
      let [along, square] = [0, 0];
      for (const { counts, ms } of samples) {
        const share = (counts[name] ?? 0) / ms;
        along += share * (1 - estimate(counts) / ms);
        square += share * share;
      }
      if (square > 0) costs[name] = Math.max(0, (costs[name] ?? 0) + along / square);
    }
  }
  return costs as T;
};

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

import { createRandom } from "../math/random.ts";
import { exactCounts, graphCounts, type Costs, type ExactWork } from "./costs.ts";
import { createExactIndex, unitRows, searchExactly, type RowBlock } from "./exact.ts";
import type { GraphLibrary } from "./neighbour-graph.ts";
import { createHnswIndex } from "./hnsw.ts";
import type { IndexProfile } from "./profile.ts";

/** Dimension and rows of the matrices that are searched. */
const MATRICES = [
  { dimension: 64, rows: 8_192 },
  { dimension: 512, rows: 1_024 },
  { dimension: 512, rows: 12_288 },
] as const;
const BATCHES = [1, 32, 64];
const KS = [10, 400];
/** One row in so many is let through where rows are copied out. */
const ALLOWED = 8;
const REPEATS = 3;
const GRAPH = { dimension: 256, rows: 1_000, queries: 8, efs: [32, 128, 512] } as const;
/** Numbers that are made up before others have their turn. */
const FILLED_AT_ONCE = 1 << 18;

interface Sample {
  readonly counts: Readonly<Record<string, number>>;
  readonly ms: number;
}

/**
 * Measures what searches cost on this machine: exact ones of made-up matrices and a small graph, to whose times the
 * costs are fitted. It takes about a second, in turns with everything else.
 *
 * @returns undefined where `isClosed` came true meanwhile
 */
export const measureCosts = async (options: {
  readonly graphLibrary: GraphLibrary | undefined;
  readonly profile: IndexProfile;
  readonly fallback: Costs;
  readonly isClosed: () => boolean;
}): Promise<Costs | undefined> => {
  const { graphLibrary, profile, fallback, isClosed } = options;
  const exact: Sample[] = [];
  for (const { dimension, rows } of MATRICES) {
    const vectors = await madeUp(rows, dimension);
    for (const batch of BATCHES) {
      for (const k of KS) {
        if (isClosed()) return undefined;
        exact.push(await timeExact(vectors, { rows, allowed: rows, dimension, batch, k }, false));
      }
      const allowed = rows / ALLOWED;
      exact.push(await timeExact(vectors, { rows, allowed, dimension, batch, k: 10 }, true));
    }
  }
  const graph = graphLibrary === undefined ? [] : await timeGraph(graphLibrary, profile, isClosed);
  if (isClosed()) return undefined;
  return {
    exact: fitCosts(exact, fallback.exact),
    hnsw: graph.length === 0 ? fallback.hnsw : fitCosts(graph, fallback.hnsw),
  };
};

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

const timeExact = async (vectors: Float32Array, work: ExactWork, gather: boolean): Promise<Sample> => {
  const { rows, allowed, dimension, batch, k } = work;
  const blocks: RowBlock[] = [{ first: 0, count: rows, rows: vectors }];
  const allow = new Uint8Array(rows);
  for (let slot = 0; slot < rows; slot += rows / allowed) allow[slot] = 1;
  const copy = gather ? 0 : 1;
  const search = {
    dimension,
    blocks,
    row: (slot: number) => vectors.subarray(slot * dimension, (slot + 1) * dimension),
    k,
    allow,
    compare: (a: number, b: number) => a - b,
    // Where copying costs nothing it is done, and where it costs a millisecond a number it is not.
    costs: {
      exact: { search: 0, read: 1e-9, multiply: 0, scan: 0, keep: 0, copy },
      hnsw: { search: 0, visit: 0 },
    },
  };
  const queries = vectors.slice(0, batch * dimension);
  const ms = await fastest(() => searchExactly(queries, search));
  return { counts: exactCounts(work, gather), ms };
};

const timeGraph = async (
  graphLibrary: GraphLibrary,
  profile: IndexProfile,
  isClosed: () => boolean,
): Promise<Sample[]> => {
  const { dimension, rows, queries, efs } = GRAPH;
  const compare = (a: number, b: number): number => a - b;
  const vectors = unitRows(await madeUp(rows, dimension), dimension);
  const exact = createExactIndex({ dimension, compare });
  exact.add(0, vectors);
  const graph = createHnswIndex(graphLibrary, { dimension, compare, row: exact.row, profile });
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

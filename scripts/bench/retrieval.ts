import { z } from "zod";
import { requiredText, runScript, wholeNumber, type Terminal } from "../../src/cli.ts";
import { createRandom } from "../../src/random.ts";
import {
  closeKernels,
  createExactIndex,
  createHnswIndex,
  loadHnsw,
  readProfile,
  unitRows,
  type Neighbours,
  type VectorIndex,
} from "../../src/retrieval/index.ts";

/** How long the k nearest of n vectors take: the exact index, the HNSW graph, and a loop in JavaScript. */

const DIMENSION = 512;
const LATENT = 32;
const KS = [10, 200, 800];
const BATCHES = [1, 64];
const QUERIES = 64;
/** Each case is repeated for about so long. */
const CASE_MS = 1_500;
const MIN_RUNS = 5;

/** Unit vectors around a subspace of few dimensions, as those of encoders are; the last ones are the queries. */
const makeVectors = (count: number): Float32Array => {
  const random = createRandom(1);
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  const mixing = Float32Array.from({ length: LATENT * DIMENSION }, normal);
  const rows = new Float32Array(count * DIMENSION);
  for (let start = 0; start < rows.length; start += DIMENSION) {
    for (let j = 0; j < LATENT; j++) {
      const latent = normal();
      for (let i = 0; i < DIMENSION; i++) {
        rows[start + i] = (rows[start + i] ?? 0) + latent * (mixing[j * DIMENSION + i] ?? 0);
      }
    }
    for (let i = 0; i < DIMENSION; i++) rows[start + i] = (rows[start + i] ?? 0) + 2 * normal();
  }
  return unitRows(rows, DIMENSION);
};

/** What one would write first: score every row, sort the scores to find the k-th, and keep what reaches it. */
const loop = (rows: Float32Array, query: Float32Array, k: number): { slot: number; score: number }[] => {
  const scores = new Float32Array(rows.length / DIMENSION);
  for (let row = 0; row < scores.length; row++) {
    let sum = 0;
    for (let i = 0; i < DIMENSION; i++) sum += (rows[row * DIMENSION + i] ?? 0) * (query[i] ?? 0);
    scores[row] = sum;
  }
  const threshold = scores.slice().sort().at(-k) ?? -Infinity;
  const best: { slot: number; score: number }[] = [];
  scores.forEach((score, slot) => {
    if (score >= threshold) best.push({ slot, score });
  });
  return best.sort((a, b) => b.score - a.score || a.slot - b.slot).slice(0, k);
};

/** The median of the milliseconds a query, over as many batches as fit. */
const msOf = async (work: (run: number) => Promise<unknown>, batch: number): Promise<number> => {
  await work(0);
  const times: number[] = [];
  const until = performance.now() + CASE_MS;
  for (let run = 1; times.length < MIN_RUNS || performance.now() < until; run++) {
    const start = performance.now();
    await work(run);
    times.push((performance.now() - start) / batch);
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] ?? NaN;
};

const slotsOf = ({ counts, width, slots }: Neighbours): Set<number>[] =>
  Array.from(counts, (count, row) => new Set(slots.subarray(row * width, row * width + count)));

/** The share of the exact answers that the graph finds. */
const recallOf = (exact: Neighbours, found: Neighbours): number => {
  const wanted = slotsOf(exact);
  const got = slotsOf(found);
  const shares = wanted.map((slots, i) => [...slots].filter((slot) => got[i]?.has(slot)).length / slots.size);
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
};

interface Subjects {
  readonly rows: Float32Array;
  readonly queries: Float32Array;
  readonly exact: VectorIndex;
  readonly hnsw: VectorIndex | undefined;
  readonly ef: number;
}

const open = async (count: number, note: Terminal["note"]): Promise<Subjects> => {
  const vectors = makeVectors(count + QUERIES);
  const rows = vectors.subarray(0, count * DIMENSION);
  const compare = (a: number, b: number): number => a - b;
  const exact = createExactIndex({ dimension: DIMENSION, compare });
  exact.add(0, rows);
  const profile = readProfile("default");
  const subjects = { rows, queries: vectors.slice(count * DIMENSION), exact, ef: profile.hnsw.ef };
  const library = await loadHnsw();
  if (library === undefined) return { ...subjects, hnsw: undefined };
  const hnsw = createHnswIndex(library, { dimension: DIMENSION, compare, row: exact.row, profile });
  const start = performance.now();
  hnsw.add(0, rows);
  await hnsw.ready();
  note(`the graph of ${count} vectors was built in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return { ...subjects, hnsw };
};

const measure = async ({ rows, queries, exact, hnsw, ef }: Subjects, k: number, batch: number) => {
  const some = (run: number): Float32Array => {
    const first = (run * batch) % QUERIES;
    return queries.slice(first * DIMENSION, (first + batch) * DIMENSION);
  };
  const graph = { k, ef: Math.max(ef, k) };
  const exactMs = await msOf((run) => exact.search(some(run), { k }), batch);
  const hnswMs = hnsw === undefined ? NaN : await msOf((run) => hnsw.search(some(run), graph), batch);
  // A loop takes as long for each query of a batch as for one.
  const loopMs = await msOf((run) => Promise.resolve(loop(rows, some(run).subarray(0, DIMENSION), k)), 1);
  const recall =
    hnsw === undefined
      ? NaN
      : recallOf(await exact.search(queries, { k }), await hnsw.search(queries, graph));
  const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
  return {
    n: rows.length / DIMENSION,
    k,
    batch,
    "exact ms": rounded(exactMs, 3),
    "hnsw ms": rounded(hnswMs, 3),
    "hnsw recall": rounded(recall, 3),
    "loop ms": rounded(loopMs, 2),
    "loop / exact": rounded(loopMs / exactMs, 1),
    "hnsw / exact": rounded(hnswMs / exactMs, 2),
  };
};

await runScript({
  name: "bench:retrieval",
  synopsis: "[options]",
  about:
    `Finds the k nearest of n vectors of ${DIMENSION} dimensions with the exact index, with HNSW (the profile of ` +
    "indexes/default.json; its candidate list is k where that is longer) and with a loop in JavaScript. " +
    "Milliseconds are medians, a query.",
  options: {
    n: {
      type: "string",
      multiple: true,
      value: "N",
      help: "Vectors; may be given several times [5000, 50000].",
    },
  },
  examples: ["--n 20000"],
  schema: z.object({
    n: z.array(requiredText.pipe(wholeNumber(1_000, 2_000_000))).default([5_000, 50_000]),
  }),
  run: async ({ n }, { signal, note }) => {
    const lines: object[] = [];
    for (const count of n) {
      const subjects = await open(count, note);
      for (const k of KS) {
        for (const batch of BATCHES) {
          signal.throwIfAborted();
          lines.push(await measure(subjects, k, batch));
        }
      }
      subjects.hnsw?.close();
    }
    console.table(lines);
    await closeKernels();
    return 0;
  },
});

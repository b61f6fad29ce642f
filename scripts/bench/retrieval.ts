import { z } from "zod";
import { EXIT, requiredText, runScript, wholeNumber, type Terminal } from "../../src/cli.ts";
import { createRandom } from "../../src/random.ts";
import {
  calibrateCosts,
  choose,
  closeKernels,
  createExactIndex,
  createHnswIndex,
  DEFAULT_COSTS,
  loadHnsw,
  measureRecall,
  pointFor,
  readProfile,
  RECALL_TARGET,
  unitRows,
  useCosts,
  type Costs,
  type Neighbours,
  type RecallCurve,
  type VectorIndex,
} from "../../src/retrieval/index.ts";
import { hnswlibPeer, isTagged, openLance, openUsearch, type Peer } from "./peers.ts";

/** How long the k nearest of n vectors take and how many of them are right: this engine beside others. */

const DIMENSION = 512;
const LATENT = 32;
const KS = [10, 100, 800];
const BATCHES = [1, 64];
const QUERIES = 64;
/** Each case is repeated for about so long, or so often. */
const CASE_MS = 600;
const MIN_RUNS = 3;
const REMOVED = 1_000;

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

const slotsOf = ({ counts, width, slots }: Neighbours): number[][] =>
  Array.from(counts, (count, row) => [...slots.subarray(row * width, row * width + count)]);

/** The share of the exact answers that was found. */
const recallOf = (exact: readonly number[][], found: readonly number[][]): number => {
  const shares = exact.map((wanted, i) => {
    const got = new Set(found[i]);
    return wanted.filter((slot) => got.has(slot)).length / wanted.length;
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
};

interface Subjects {
  readonly rows: Float32Array;
  readonly queries: Float32Array;
  readonly exact: VectorIndex;
  readonly hnsw: VectorIndex | undefined;
  readonly curve: RecallCurve | undefined;
  readonly costs: Costs;
  readonly peers: readonly Peer[];
  readonly addMs: number;
  readonly buildMs: number;
}

const profile = readProfile("default");
const compare = (a: number, b: number): number => a - b;

/** Our graph, and the library's object inside it, so that both are measured on the same graph. */
const buildGraph = async (rows: Float32Array, row: (slot: number) => Float32Array) => {
  const library = await loadHnsw();
  if (library === undefined) return undefined;
  const made: InstanceType<typeof library.HierarchicalNSW>[] = [];
  class Watched extends library.HierarchicalNSW {
    constructor(space: "ip" | "l2" | "cosine", dimension: number) {
      super(space, dimension);
      made.push(this);
    }
  }
  const watching = { ...library, HierarchicalNSW: Watched };
  const hnsw = createHnswIndex(watching, { dimension: DIMENSION, compare, row, profile });
  const start = performance.now();
  hnsw.add(0, rows);
  await hnsw.ready();
  const buildMs = performance.now() - start;
  const [graph] = made;
  return graph === undefined ? undefined : { hnsw, buildMs, peer: hnswlibPeer(graph, DIMENSION, buildMs) };
};

const open = async (count: number, graphs: boolean, note: Terminal["note"]): Promise<Subjects> => {
  const vectors = makeVectors(count + QUERIES);
  const rows = vectors.subarray(0, count * DIMENSION);
  const exact = createExactIndex({ dimension: DIMENSION, compare });
  const start = performance.now();
  exact.add(0, rows);
  const addMs = performance.now() - start;
  const calibrated = await calibrateCosts({
    hnswlib: await loadHnsw(),
    profile,
    fallback: DEFAULT_COSTS,
    isClosed: () => false,
  });
  const costs = calibrated ?? DEFAULT_COSTS;
  useCosts(costs);
  const built = graphs ? await buildGraph(rows, exact.row) : undefined;
  if (built !== undefined) note(`${count}: graph built in ${(built.buildMs / 1000).toFixed(1)} s`);
  const curve =
    built === undefined
      ? undefined
      : await measureRecall(
          {
            dimension: DIMENSION,
            row: exact.row,
            slots: Array.from({ length: count }, (_, slot) => slot),
            exact: (query, k) => exact.search(query, { k }),
            approximate: (query, k, ef) => built.hnsw.search(query, { k, ef }),
          },
          { profile, costs, all: true },
        );
  const others = [graphs ? await openUsearch(rows, DIMENSION) : undefined, await openLance(rows, DIMENSION)];
  const peers = [built?.peer, ...others].filter((peer) => peer !== undefined);
  const queries = vectors.slice(count * DIMENSION);
  return {
    rows,
    queries,
    exact,
    hnsw: built?.hnsw,
    curve,
    costs,
    peers,
    addMs,
    buildMs: built?.buildMs ?? NaN,
  };
};

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

const measure = async (subjects: Subjects, k: number, batch: number, filtered: boolean): Promise<object> => {
  const { rows, queries, exact, hnsw, curve, costs, peers } = subjects;
  const n = rows.length / DIMENSION;
  const some = (run: number): Float32Array => {
    const first = (run * batch) % QUERIES;
    return queries.slice(first * DIMENSION, (first + batch) * DIMENSION);
  };
  const allow = filtered ? Uint8Array.from({ length: n }, (_, slot) => Number(isTagged(slot))) : undefined;
  const search = { k, ...(allow === undefined ? {} : { allow }) };
  const truth = slotsOf(await exact.search(queries, search));
  const exactMs = await msOf((run) => exact.search(some(run), search), batch);
  const allowed = filtered ? (allow?.reduce((sum, bit) => sum + bit, 0) ?? n) : n;
  const choice = choose(
    { k },
    {
      rows: n,
      anchors: n,
      allowed,
      dimension: DIMENSION,
      batch,
      hnsw: hnsw === undefined ? "unwanted" : "ready",
      curve,
      profile,
      costs,
    },
  );
  const graph = { k, ef: choice.ef ?? k };
  const graphChosen = choice.index === "hnsw" && hnsw !== undefined;
  const ours = graphChosen ? await msOf((run) => hnsw.search(some(run), graph), batch) : exactMs;
  const oursFound = graphChosen ? slotsOf(await hnsw.search(queries, graph)) : truth;
  const line: Record<string, number | string> = {
    n,
    k,
    batch,
    filter: filtered ? "1 %" : "",
    plan: choice.index === "hnsw" ? `hnsw ef ${graph.ef}` : "exact",
    "estimate ms": rounded(choice.estimateMs / batch, 3),
    "ours ms": rounded(ours, 3),
    recall: rounded(recallOf(truth, oursFound), 3),
    "exact ms": rounded(exactMs, 3),
  };
  const ef =
    (curve === undefined ? undefined : pointFor(curve, k, RECALL_TARGET)?.ef) ??
    Math.max(profile.hnsw.ef, 2 * k);
  let best = Infinity;
  for (const peer of peers) {
    const ask = filtered ? peer.searchTagged : peer.search;
    const ms = ask === undefined ? NaN : await msOf((run) => ask(some(run), k, ef), batch);
    const recall = ask === undefined ? NaN : recallOf(truth, await ask(queries, k, ef));
    if (recall >= RECALL_TARGET) best = Math.min(best, ms);
    line[`${peer.name} ms`] = rounded(ms, 3);
    line[`${peer.name} recall`] = rounded(recall, 3);
  }
  return { ...line, "best peer / ours": best === Infinity ? "-" : rounded(best / ours, 2) };
};

/** Rows a second that are added, and removed, a thousand at once; last, for it changes what is found. */
const rates = async ({ rows, exact, peers, addMs, buildMs }: Subjects): Promise<object[]> => {
  const n = rows.length / DIMENSION;
  const gone = Array.from({ length: REMOVED }, (_, i) => i * Math.floor(n / REMOVED));
  const rate = (count: number, ms: number): number => Math.round((1000 * count) / ms);
  const removing = async (remove: () => unknown): Promise<number> => {
    const start = performance.now();
    await remove();
    return rate(REMOVED, performance.now() - start);
  };
  const lines = [
    {
      n,
      engine: "ours, exact",
      "add/s": rate(n, addMs),
      "remove/s": await removing(() => exact.remove(gone)),
    },
    ...(Number.isNaN(buildMs)
      ? []
      : [{ n, engine: "ours, hnsw", "add/s": rate(n, buildMs), "remove/s": NaN }]),
  ];
  for (const peer of peers) {
    const removed = await removing(() => peer.remove(gone));
    lines.push({ n, engine: peer.name, "add/s": rate(n, peer.buildMs), "remove/s": removed });
  }
  return lines;
};

await runScript({
  name: "bench:retrieval",
  synopsis: "[options]",
  about:
    `Finds the k nearest of n vectors of ${DIMENSION} dimensions as the planner does it, beside hnswlib-node called ` +
    `directly on the same graph and with the same ef, and beside usearch and LanceDB (flat scan) where they are ` +
    "installed (npm i --no-save usearch @lancedb/lancedb; they are no dependencies). Milliseconds are medians, a " +
    `query; recall is against the exact answer; the ratio is with the fastest peer whose recall is ${RECALL_TARGET} or more.`,
  options: {
    n: {
      type: "string",
      multiple: true,
      value: "N",
      help: "Vectors; may be given several times [10000, 100000].",
    },
    "exact-only": { type: "boolean", help: "No graphs are built, which takes minutes for 100,000 vectors." },
  },
  examples: ["--n 20000", "--n 500000 --exact-only"],
  schema: z.object({
    n: z.array(requiredText.pipe(wholeNumber(1_000, 2_000_000))).default([10_000, 100_000]),
    "exact-only": z.boolean().default(false),
  }),
  run: async ({ n, "exact-only": exactOnly }, { signal, note }) => {
    const [searches, changes]: [object[], object[]] = [[], []];
    for (const count of n) {
      const subjects = await open(count, !exactOnly, note);
      for (const filtered of [false, true]) {
        for (const k of filtered ? [10] : KS) {
          for (const batch of BATCHES) {
            signal.throwIfAborted();
            searches.push(await measure(subjects, k, batch, filtered));
          }
        }
      }
      changes.push(...(await rates(subjects)));
      subjects.hnsw?.close();
      for (const peer of subjects.peers) await peer.close();
    }
    console.table(searches);
    console.table(changes);
    await closeKernels();
    return EXIT.done;
  },
});

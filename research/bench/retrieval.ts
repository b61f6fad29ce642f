import type { NeighbourGraph, GraphLibrary } from "../../src/retrieval/neighbour-graph.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { EXIT, runScript, type Terminal } from "../../src/cli/cli.ts";
import { noArguments, requiredText, wholeNumber } from "../../src/option-schemas.ts";
import {
  measureCosts,
  chooseIndex,
  closeKernels,
  createFlatIndex,
  createHnswIndex,
  DEFAULT_COSTS,
  loadGraphLibrary,
  measureRecall,
  pointFor,
  readProfile,
  RECALL_TARGET,
  requireGraphSettings,
  useCosts,
  type Costs,
  type Neighbours,
  type RecallCurve,
  type VectorIndex,
} from "../../src/retrieval/index.ts";
import { benchCodes } from "./retrieval/codes.ts";
import { building, msOf, recallOf, rounded } from "./retrieval/measure.ts";
import { graphPeer, openLance, openSqliteVec, openUsearch, plainLoop, type Peer } from "./retrieval/peers.ts";
import { DIMENSION, isTagged, makeVectors, type Shape } from "./retrieval/vectors.ts";

/** How long the k nearest of n vectors take and how many of them are right: this engine beside others. */

const KS = [10, 100, 800];
const BATCHES = [1, 64];
const QUERIES = 64;
/** Queries that other engines' recall is taken from. */
const RECALL_QUERIES = 16;
const REMOVED = 1_000;

const slotsOf = ({ counts, width, slots }: Neighbours): number[][] =>
  Array.from(counts, (count, row) => [...slots.subarray(row * width, row * width + count)]);

interface Ours {
  readonly index: VectorIndex;
  readonly buildMs: number;
  readonly memory: number;
}

interface Subjects {
  readonly count: number;
  readonly shape: Shape;
  readonly queries: Float32Array;
  readonly exact: Ours;
  readonly hnsw: Ours | undefined;
  readonly curve: RecallCurve | undefined;
  readonly costs: Costs;
  readonly peers: readonly Peer[];
}

const profile = requireGraphSettings(readProfile("hnsw"));
const compare = (a: number, b: number): number => a - b;

/** Our graph, and the library's object inside it, so that both are measured on the same graph. */
const buildGraph = async (rows: Float32Array, row: (slot: number) => Float32Array, directory: string) => {
  const library = await loadGraphLibrary();
  if (library === undefined) return undefined;
  const made: NeighbourGraph[] = [];
  const watching: GraphLibrary = {
    ...library,
    newGraph: (dimension) => {
      const graph = library.newGraph(dimension);
      made.push(graph);
      return graph;
    },
  };
  const index = createHnswIndex(watching, { dimension: DIMENSION, compare, row, profile });
  const { ms: buildMs, memory } = await building(async () => {
    index.add(0, rows);
    await index.ready();
  });
  const [graph] = made;
  if (graph === undefined) return undefined;
  return {
    hnsw: { index, buildMs, memory },
    peer: await graphPeer(library.name, graph, { buildMs, memory }, directory),
  };
};

const open = async (
  count: number,
  shape: Shape,
  { graphs, directory, note }: { graphs: boolean; directory: string; note: Terminal["note"] },
): Promise<Subjects> => {
  const vectors = makeVectors(count + QUERIES, shape);
  const rows = vectors.subarray(0, count * DIMENSION);
  const index = createFlatIndex({ dimension: DIMENSION, compare });
  const added = await building(() => {
    index.add(0, rows);
  });
  const calibration = {
    graphLibrary: await loadGraphLibrary(),
    profile,
    fallback: DEFAULT_COSTS,
    isClosed: () => false,
  };
  const costs = (await measureCosts(calibration)) ?? DEFAULT_COSTS;
  useCosts(costs);
  const built = graphs ? await buildGraph(rows, index.row, directory) : undefined;
  if (built !== undefined)
    note(`${count} ${shape}: graph built in ${rounded(built.hnsw.buildMs / 1000, 1)} s`);
  const curve =
    built === undefined
      ? undefined
      : await measureRecall(
          {
            dimension: DIMENSION,
            row: index.row,
            slots: Array.from({ length: count }, (_, slot) => slot),
            exact: (query, k) => index.search(query, { k }),
            approximate: (query, k, ef) => built.hnsw.index.search(query, { k, ef }),
          },
          { profile, costs, all: true },
        );
  const peers = [
    built?.peer,
    graphs ? await openUsearch(rows, directory) : undefined,
    await openLance(rows, directory),
    await openSqliteVec(rows, directory),
    plainLoop(rows),
  ].filter((peer) => peer !== undefined);
  return {
    count,
    shape,
    queries: vectors.slice(count * DIMENSION),
    exact: { index, buildMs: added.ms, memory: added.memory },
    hnsw: built?.hnsw,
    curve,
    costs,
    peers,
  };
};

const shown = (ms: number, recall: number): string => `${rounded(ms, 3)} @${rounded(recall, 3)}`;

const measure = async (subjects: Subjects, k: number, batch: number, filtered: boolean): Promise<object> => {
  const { count: n, shape, queries, exact, hnsw, curve, costs, peers } = subjects;
  const some = (run: number): Float32Array => {
    const first = (run * batch) % QUERIES;
    return queries.slice(first * DIMENSION, (first + batch) * DIMENSION);
  };
  const allow = filtered ? Uint8Array.from({ length: n }, (_, slot) => Number(isTagged(slot))) : undefined;
  const search = { k, ...(allow === undefined ? {} : { allow }) };
  const truth = slotsOf(await exact.index.search(queries, search));
  const exactMs = await msOf((run) => exact.index.search(some(run), search), batch);
  const choice = chooseIndex(
    { k },
    {
      rows: n,
      anchors: n,
      allowed: allow?.reduce((sum, bit) => sum + bit, 0) ?? n,
      dimension: DIMENSION,
      batch,
      hnsw: hnsw === undefined ? "unwanted" : "ready",
      partitions: "unwanted",
      partitionCurve: undefined,
      curve,
      profile,
      costs,
    },
  );
  const graph = { k, ef: choice.ef ?? k };
  const graphChosen = choice.index === "hnsw" && hnsw !== undefined;
  const ours = graphChosen ? await msOf((run) => hnsw.index.search(some(run), graph), batch) : exactMs;
  const oursFound = graphChosen ? slotsOf(await hnsw.index.search(queries, graph)) : truth;
  const line: Record<string, number | string> = {
    n,
    vectors: shape,
    k,
    batch,
    filter: filtered ? "1 %" : "",
    plan: choice.index === "hnsw" ? `hnsw ef ${graph.ef}` : "exact",
    estimate: rounded(choice.estimateMs / batch, 3),
    ours: shown(ours, recallOf(truth, oursFound)),
    "ours, exact": rounded(exactMs, 3),
  };
  const ef =
    (curve === undefined ? undefined : pointFor(curve, k, RECALL_TARGET)?.ef) ??
    Math.max(profile.hnsw.ef, 2 * k);
  let best = Infinity;
  for (const peer of peers) {
    const ask = filtered ? peer.searchTagged : peer.search;
    if (ask === undefined) {
      line[peer.name] = "no filter";
      continue;
    }
    const ms = await msOf((run) => ask(some(run), k, ef), batch);
    const asked = queries.subarray(0, RECALL_QUERIES * DIMENSION);
    const recall = recallOf(truth.slice(0, RECALL_QUERIES), await ask(asked, k, ef));
    if (recall >= RECALL_TARGET) best = Math.min(best, ms);
    line[peer.name] = shown(ms, recall);
  }
  return { ...line, "best peer / ours": best === Infinity ? "-" : rounded(best / ours, 2) };
};

/** What engines take beside the rows, and rows a second that are added and removed; last, for it changes answers. */
const measureUpkeep = async ({ count: n, shape, exact, hnsw, peers }: Subjects): Promise<object[]> => {
  const gone = Array.from({ length: REMOVED }, (_, i) => i * Math.floor(n / REMOVED));
  const raw = n * DIMENSION * Float32Array.BYTES_PER_ELEMENT;
  const perSecond = (amount: number, ms: number): number => Math.round((1000 * amount) / ms);
  const engines = [
    {
      name: "ours, exact",
      ...exact,
      disk: undefined,
      remove: (rows: readonly number[]) => exact.index.remove(rows),
    },
    ...peers.filter(({ name }) => name !== "plain loop"),
  ];
  const lines: object[] = [];
  for (const { name, buildMs, memory, disk, remove } of engines) {
    const start = performance.now();
    await remove?.(gone);
    lines.push({
      n,
      vectors: shape,
      engine: name === "hnswlib-node" && hnsw !== undefined ? "hnswlib-node (ours, hnsw)" : name,
      "build s": rounded(buildMs / 1000, 2),
      "add/s": perSecond(n, buildMs),
      "remove/s": remove === undefined ? "-" : perSecond(REMOVED, performance.now() - start),
      "memory / raw": rounded(memory / raw, 2),
      "disk / raw": disk === undefined ? "-" : rounded(disk / raw, 2),
    });
  }
  return lines;
};

await runScript({
  name: "bench:retrieval",
  synopsis: "[options]",
  about:
    `Finds the k nearest of n vectors of ${DIMENSION} dimensions as the planner does it, beside hnswlib-node called ` +
    `directly on the same graph and with the same ef, a plain loop, and beside usearch, LanceDB and sqlite-vec (flat ` +
    "scans) where they are installed (npm i --no-save usearch @lancedb/lancedb sqlite-vec better-sqlite3; they are " +
    "no dependencies). Cells are median milliseconds a query @ recall against the exact answer; the ratio is with " +
    `the fastest peer whose recall is ${RECALL_TARGET} or more. Memory and disk are shares of the raw float32 vectors.`,
  options: {
    n: {
      type: "string",
      multiple: true,
      value: "N",
      help: "Vectors; may be given several times [10000, 100000].",
    },
    vectors: { type: "string", value: "SHAPE", help: "clustered or uniform", default: "clustered" },
    "exact-only": { type: "boolean", help: "No graphs are built, which takes minutes for 100,000 vectors." },
    codes: {
      type: "boolean",
      help: "Compares scans of codes with a product in float32 and the graph alone (512 dimensions up to 10,000 vectors, else 256).",
    },
  },
  examples: ["--n 20000", "--n 500000 --exact-only"],
  schema: z.strictObject({
    arguments: noArguments,
    n: z.array(requiredText.pipe(wholeNumber(1_000, 2_000_000))).default([10_000, 100_000]),
    vectors: z.enum(["clustered", "uniform"]),
    "exact-only": z.boolean().default(false),
    codes: z.boolean().default(false),
  }),
  run: async ({ n, vectors, "exact-only": exactOnly, codes }, { signal, note }) => {
    if (codes) {
      for (const count of n) console.table(await benchCodes(count, count > 10_000 ? 256 : 512, !exactOnly));
      await closeKernels();
      return EXIT.done;
    }
    const [searches, upkeep]: [object[], object[]] = [[], []];
    for (const count of n) {
      const directory = await mkdtemp(join(tmpdir(), "anchorage-bench-"));
      try {
        const subjects = await open(count, vectors, { graphs: !exactOnly, directory, note });
        note(`${count} ${vectors}: everything is built, measuring`);
        for (const filtered of [false, true]) {
          for (const k of filtered ? [10] : KS) {
            for (const batch of BATCHES) {
              signal.throwIfAborted();
              searches.push(await measure(subjects, k, batch, filtered));
            }
          }
        }
        upkeep.push(...(await measureUpkeep(subjects)));
        subjects.hnsw?.index.close();
        for (const peer of subjects.peers) await peer.close();
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    }
    console.table(searches);
    console.table(upkeep);
    await closeKernels();
    return EXIT.done;
  },
});

import { InferenceSession, Tensor } from "onnxruntime-node";
import { createGraph } from "../../../src/onnx/index.ts";
import { createFlatIndex } from "../../../src/retrieval/codes/flat-index.ts";
import { loadGraphLibrary } from "../../../src/retrieval/graph-library.ts";
import { unitRows, type Neighbours } from "../../../src/retrieval/index.ts";
import { createTopK, emptyNeighbours } from "../../../src/retrieval/top-k.ts";
import { createRandom } from "../../../src/math/random.ts";
import { median } from "../../../src/math/statistics.ts";
import { recallOf, rounded } from "./measure.ts";

/** Scans of codes beside a product in float32 and hnswlib-node called directly, on one set of rows in one run. */

const KS = [10, 100, 800];
const QUERIES = 64;
/** Rows of one product in float32. */
const BLOCK = 32_768;
/** Searches before any is measured: threads run code that is not optimised yet. */
const WARM = 20;
/** Searches of one engine before another's turn. */
const TURN = 8;
const ascending = (a: number, b: number): number => a - b;

/** Cosines of rows of one group, cluster and theme: those of the sample's image vectors to their 1st, 10th, 100th neighbour. */
const SHARES = [0.15, 0.22, 0.25] as const;
const NOISE = 0.38;

/** Rows of norm 1 in themes, clusters and groups; the last {@link QUERIES} are queries. */
const makeHierarchy = (count: number, d: number): Float32Array => {
  const random = createRandom(3);
  const normal = (): number => {
    let sum = -2;
    for (let i = 0; i < 4; i++) sum += random.next();
    return sum * Math.sqrt(3);
  };
  const sizes = [70, Math.ceil(Math.min(7_000, count / 14)), Math.ceil(Math.min(100_000, count / 3))];
  const centres = sizes.map((size) => Float32Array.from({ length: size * d }, normal));
  const rows = new Float32Array(count * d);
  for (let row = 0; row < count; row++) {
    const group = Math.floor(random.next() * (sizes[2] ?? 1));
    for (let j = 0; j < d; j++) {
      let value = Math.sqrt(NOISE) * normal();
      centres.forEach((centre, level) => {
        const own = group % (sizes[level] ?? 1);
        value += Math.sqrt(SHARES[level] ?? 0) * (centre[own * d + j] ?? 0);
      });
      rows[row * d + j] = value;
    }
  }
  return unitRows(rows, d);
};

type Search = (queries: Float32Array, k: number) => Promise<number[][]>;

const slotsOf = ({ counts, width, slots }: Neighbours): number[][] =>
  Array.from(counts, (count, row) => [...slots.subarray(row * width, row * width + count)]);

/** All scores by ONNX Runtime, as exact searches were until 2026. */
const openProduct = async (rows: Float32Array, d: number): Promise<Search> => {
  const graph = createGraph("product");
  const operands = [
    graph.input("rows", "float32", ["n", "d"]),
    graph.input("queries", "float32", ["b", "d"]),
  ];
  const product = graph.node("Gemm", operands, { transB: { int: 1 } });
  graph.output("scores", product, "float32", ["n", "b"]);
  // Threads that spin after a product would slow down what is measured next.
  const session = await InferenceSession.create(graph.toBytes(), {
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  });
  return async (queries, k) => {
    const [n, batch] = [rows.length / d, queries.length / d];
    const best = createTopK(batch, k, ascending);
    for (let first = 0; first < n; first += BLOCK) {
      const some = rows.subarray(first * d, Math.min(n, first + BLOCK) * d);
      const given = {
        rows: new Tensor("float32", some, [some.length / d, d]),
        queries: new Tensor("float32", queries, [batch, d]),
      };
      const scores = (await session.run(given)).scores?.data as Float32Array;
      for (let i = 0; i < scores.length; i++) {
        const score = scores[i] ?? 0;
        if (score >= (best.thresholds[i % batch] ?? 0))
          best.offer(i % batch, first + Math.floor(i / batch), score);
      }
    }
    const found = emptyNeighbours(batch, k);
    for (let query = 0; query < batch; query++) best.write(query, found, query);
    return slotsOf(found);
  };
};

const openGraph = async (rows: Float32Array, d: number, ef: number): Promise<Search | undefined> => {
  const library = await loadGraphLibrary();
  if (library === undefined) return undefined;
  const graph = library.newGraph(d);
  graph.initIndex({ maxElements: rows.length / d, m: 24, efConstruction: 200, randomSeed: 1 });
  for (let row = 0; row < rows.length / d; row++)
    graph.addPoint(Array.from(rows.subarray(row * d, (row + 1) * d)), row);
  return (queries, k) => {
    graph.setEf(Math.max(ef, 2 * k));
    const found: number[][] = [];
    for (let at = 0; at < queries.length; at += d)
      found.push([...graph.searchKnn(Array.from(queries.subarray(at, at + d)), k).neighbors]);
    return Promise.resolve(found);
  };
};

/** @param graphs whether to build a graph, which takes minutes for 100,000 rows */
export const benchCodes = async (n: number, d: number, graphs: boolean): Promise<object[]> => {
  const vectors = makeHierarchy(n + QUERIES, d);
  const rows = vectors.subarray(0, n * d);
  const queries = vectors.slice(n * d);
  const index = createFlatIndex({ dimension: d, compare: ascending });
  index.add(0, rows);
  const graph = graphs ? await openGraph(rows, d, 96) : undefined;
  const subjects: { readonly name: string; readonly search: Search }[] = [
    { name: "float32 product", search: await openProduct(rows, d) },
    {
      name: "flat codes",
      search: async (asked, k) => slotsOf(await index.search(asked, { k, proof: false })),
    },
    { name: "exact codes", search: async (asked, k) => slotsOf(await index.search(asked, { k })) },
    ...(graph === undefined ? [] : [{ name: "hnswlib-node", search: graph }]),
  ];
  const lines: object[] = [];
  const runs = n > 500_000 ? 16 : 48;
  for (let i = 0; i < WARM; i++) {
    const proof = i % 2 === 0;
    await index.search(queries.subarray(0, d), { k: 10, proof });
    await index.search(queries, { k: 100, proof });
  }
  for (const k of KS) {
    const truth = slotsOf(await index.search(queries, { k }));
    for (const batch of [1, QUERIES]) {
      const times = new Map(subjects.map(({ name }) => [name, [] as number[]]));
      // By turns, so that all see the machine equally busy; some at once, for each evicts the rows of the others from the cache.
      const together = batch === 1 ? TURN : 2;
      for (let round = 0; round < (batch === 1 ? runs / TURN : 3); round++) {
        for (const { name, search } of subjects) {
          for (let i = 0; i < together; i++) {
            const at = (round * together + i) % QUERIES;
            const asked = batch === 1 ? queries.slice(at * d, (at + 1) * d) : queries;
            const start = performance.now();
            await search(asked, k);
            times.get(name)?.push((performance.now() - start) / batch);
          }
        }
      }
      const line: Record<string, string | number> = { n, d, k, batch };
      for (const { name, search } of subjects) {
        const recall = recallOf(truth, await search(queries, k));
        line[name] = `${rounded(median(times.get(name) ?? []), 3)} @${rounded(recall, 3)}`;
      }
      const ratio = median(times.get("float32 product") ?? []) / median(times.get("flat codes") ?? []);
      lines.push({ ...line, "product / flat": rounded(ratio, 1) });
    }
  }
  index.close();
  return lines;
};

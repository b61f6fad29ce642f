import { z } from "zod";
import { EXIT, runScript } from "../../src/cli/cli.ts";
import { noArguments, requiredText, wholeNumber } from "../../src/option-schemas.ts";
import { readNpyRows } from "../../src/features/files/npy/index.ts";
import { closeKernels, RECALL_TARGET, unitRows, type Neighbours } from "../../src/retrieval/index.ts";
import { createFlatIndex, type FlatIndex } from "../../src/retrieval/codes/flat-index.ts";
import { searchPool } from "../../src/retrieval/codes/search-pool.ts";
import { measurePartitions, partitionPointFor } from "../../src/retrieval/partitions/partition-curve.ts";
import { createPartitionIndex, type PartitionIndex } from "../../src/retrieval/partitions/partition-index.ts";
import { effortOf } from "../../src/retrieval/planner.ts";
import { hierarchyRows, repeatedRows } from "./partitions/hierarchy.ts";
import { rounded } from "./retrieval/measure.ts";

/** How long partitions take to build and to search beside a scan of all codes, at the effort that surely holds the recall. */

const DIMENSION = 256;
const QUERIES = 64;
const KS = [10, 100, 800];
const REPEATS = 3;
const TICK_MS = 5;
const ROWS_AT_ONCE = 4_096;

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? NaN;

const timed = async (work: (run: number) => Promise<unknown>, runs: number): Promise<number> => {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await work(run % QUERIES);
    times.push(performance.now() - start);
  }
  return median(times);
};

/** The share of the k nearest whose score is among the k best found. */
const recallOf = (truth: Neighbours, found: Neighbours, k: number): number => {
  let hits = 0;
  for (let query = 0; query < QUERIES; query++) {
    const threshold = (truth.scores[query * truth.width + k - 1] ?? 0) - 1e-6;
    for (let i = 0; i < (found.counts[query] ?? 0); i++)
      if ((found.scores[query * found.width + i] ?? 0) >= threshold) hits++;
  }
  return hits / (QUERIES * k);
};

const build = async (flat: FlatIndex, count: number) => {
  let [last, longest] = [performance.now(), 0];
  const watch = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last - TICK_MS);
    last = now;
  }, TICK_MS);
  const { dimension, row, score, rows: handle } = flat;
  const failures: unknown[] = [];
  const index = createPartitionIndex({
    ...{ dimension, row, rows: { score, handle } },
    compare: (a, b) => a - b,
    isLive: () => true,
    onFailure: (error) => failures.push(error),
  });
  const start = performance.now();
  index.add(0, count);
  await index.ready();
  const seconds = (performance.now() - start) / 1_000;
  clearInterval(watch);
  if (failures.length > 0) throw new Error("the build failed", { cause: failures[0] });
  return { index, seconds, longest };
};

const measure = async (
  flat: FlatIndex,
  index: PartitionIndex,
  count: number,
  queries: Float32Array,
): Promise<object[]> => {
  const seen = { slotCount: count, allow: undefined };
  const curve = await measurePartitions({
    dimension: DIMENSION,
    lists: index.contents().lists,
    row: flat.row,
    slots: Int32Array.from({ length: count }, (_, slot) => slot),
    exact: (some, k) => flat.search(some, { k }),
    approximate: (query, k, effort) => index.search(query, { k, effort, ...seen }),
  });
  const truth = await flat.search(queries, { k: Math.max(...KS) });
  const queryAt = (i: number): Float32Array => queries.slice(i * DIMENSION, (i + 1) * DIMENSION);
  const lines: object[] = [];
  for (const k of KS) {
    const point = partitionPointFor(curve, k, RECALL_TARGET);
    const scan = await timed((i) => flat.search(queryAt(i), { k, proof: false }), QUERIES);
    const scans = await timed(() => flat.search(queries, { k, proof: false }), REPEATS);
    const line = { n: count, k, "scan ms": rounded(scan, 3), "scan, 64": rounded(scans / QUERIES, 3) };
    if (point === undefined) {
      lines.push({ ...line, effort: "none holds the recall" });
      continue;
    }
    const { effort } = point;
    const { lists, reach } = effortOf(effort);
    const one = await timed(
      (i) => index.search(queryAt(i), { k, effort, ms: point.ms, ...seen }),
      REPEATS * QUERIES,
    );
    const many = await timed(
      () => index.search(queries, { k, effort, ms: QUERIES * point.ms, ...seen }),
      2 * REPEATS,
    );
    const { neighbours, rows } = await index.search(queries, { k, effort, ...seen });
    lines.push({
      ...line,
      effort: `${lists ?? "all"}${reach === null ? "" : `, ${reach}`}`,
      "read %": rounded((100 * rows) / count, 2),
      recall: rounded(recallOf(truth, neighbours, k), 4),
      "partitions ms": rounded(one, 3),
      "partitions, 64": rounded(many / QUERIES, 3),
      "times as fast": `${rounded(scan / one, 1)}; ${rounded(scans / many, 1)}`,
    });
  }
  return lines;
};

await runScript({
  name: "bench:partitions",
  synopsis: "[options]",
  about:
    `Builds partitions of n unit vectors of ${DIMENSION} dimensions and searches them with the effort that surely holds a ` +
    `recall of ${RECALL_TARGET}, beside a scan of all codes. Milliseconds are medians: of one query, and a query of a batch of 64.`,
  options: {
    n: { type: "string", multiple: true, value: "N", help: "Vectors; may be given several times [100000]." },
    vectors: {
      type: "string",
      value: "FILE",
      help: "An .npy file of vectors that are repeated with noise, in place of a made-up hierarchy.",
    },
  },
  examples: ["--n 100000 --n 1000000"],
  schema: z.strictObject({
    arguments: noArguments,
    n: z.array(requiredText.pipe(wholeNumber(10_000, 10_000_000))).default([100_000]),
    vectors: requiredText.optional(),
  }),
  run: async ({ n, vectors }, { signal, note }) => {
    const [searches, builds]: [object[], object[]] = [[], []];
    for (const count of n) {
      signal.throwIfAborted();
      const made =
        vectors === undefined
          ? hierarchyRows(count, DIMENSION, { queries: QUERIES })
          : repeatedRows(unitRows((await readNpyRows([vectors])).data, DIMENSION), DIMENSION, {
              count,
              queries: QUERIES,
            });
      const flat = createFlatIndex({ dimension: DIMENSION, compare: (a, b) => a - b });
      for (let first = 0; first < count; first += ROWS_AT_ONCE)
        flat.add(
          first,
          made.rows.subarray(first * DIMENSION, Math.min(count, first + ROWS_AT_ONCE) * DIMENSION),
        );
      const { index, seconds, longest } = await build(flat, count);
      const { lists } = index.contents();
      builds.push({
        n: count,
        lists,
        "build s": rounded(seconds, 1),
        "longest wait ms": rounded(longest, 1),
      });
      note(`${count}: ${lists} lists in ${rounded(seconds, 1)} s, measuring`);
      searches.push(...(await measure(flat, index, count, made.queries)));
      index.close();
      flat.close();
    }
    console.table(builds);
    console.table(searches);
    await searchPool().close();
    await closeKernels();
    return EXIT.done;
  },
});

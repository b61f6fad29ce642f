import { InferenceSession, Tensor } from "onnxruntime-node";
import pLimit from "p-limit";
import { threadOptions } from "../machine-limits.ts";
import { closeProducts } from "../math/linear-algebra/index.ts";
import { createGraph } from "../onnx/index.ts";

/** One call at a time, so that other work runs between two of them. */
const limit = pLimit(1);

const opened = new Map<string, Promise<InferenceSession>>();

const sessionOf = (name: string, build: () => Uint8Array): Promise<InferenceSession> => {
  const known = opened.get(name);
  if (known !== undefined) return known;
  // Disabled, because spinning threads keep the cores from other work.
  const session = InferenceSession.create(build(), {
    ...threadOptions(),
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  });
  opened.set(name, session);
  session.catch(() => opened.delete(name));
  return session;
};

/** Releases the sessions shared by all exact indexes and fits of the process; they open again on demand. */
export const closeKernels = async (): Promise<void> => {
  while (limit.activeCount + limit.pendingCount > 0) await new Promise(setImmediate);
  const sessions = [...opened.values()];
  opened.clear();
  for (const session of sessions) await (await session).release();
  await closeProducts();
};

/** Number of rows per group whose maximum score is returned too. */
export const PEAK_ROWS = 16;

/**
 * `rows queries^T`, and each query's maximum over every {@link PEAK_ROWS} rows. ONNX Runtime copies the right side of
 * a product into another layout on each call, so the few queries are on the right. This takes half the time for 2 to
 * 16 queries, and never more than the other order.
 */
const buildScores = (): Uint8Array => {
  const graph = createGraph("scores");
  const rows = graph.input("rows", "float32", ["n", "d"]);
  const queries = graph.input("queries", "float32", ["b", "d"]);
  const grouping = graph.input("grouping", "int64", [3]);
  const scores = graph.node("Gemm", [rows, queries], { transB: { int: 1 } });
  const grouped = graph.node("Reshape", [scores, grouping]);
  const peaks = graph.node("ReduceMax", [grouped], { axes: { ints: [1] }, keepdims: { int: 0 } });
  graph.output("scores", scores, "float32", ["n", "b"]);
  graph.output("peaks", peaks, "float32", ["m", "b"]);
  return graph.toBytes();
};

const buildProduct = (): Uint8Array => {
  const graph = createGraph("product");
  const left = graph.input("left", "float32", ["i", "j"]);
  const right = graph.input("right", "float32", ["m", "n"]);
  graph.output("product", graph.node("Gemm", [left, right], { transB: { int: 1 } }), "float32", ["a", "b"]);
  return graph.toBytes();
};

interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** Row-major. */
  readonly data: Float32Array;
}

const tensorOf = ({ data, rows, columns }: Matrix): Tensor => new Tensor("float32", data, [rows, columns]);

/** Maximum time that one call blocks the event loop. */
const CALL_MS = 4;
/** Reading a row from memory takes as long as multiplying it by about this number of queries. */
const READING = 8;
/** Multiplications per millisecond, as measured; initially the value of a slow machine. */
let pace = 2e7;
/** Smaller calls mostly measure the overhead of a call. */
const MEASURED = 1e6;

/** Number of rows of one call, a multiple of 256, so that other requests are served in between. */
export const rowsACall = ({ rows, columns }: Pick<Matrix, "rows" | "columns">): number => {
  const wanted = (CALL_MS * pace) / (columns * (rows + READING));
  return Math.min(32_768, Math.max(256, Math.floor(wanted / 256) * 256));
};

/**
 * Scores of every row for every query, `[rows, queries]`, and the maximum of every 16 rows, `[rows / 16, queries]`.
 * One call at a time in the process, because ONNX Runtime computes on the calling thread, in the next turn of the
 * event loop.
 *
 * @param rows a multiple of 16
 */
export const scoreBlock = (
  rows: Matrix,
  queries: Matrix,
): Promise<{ scores: Float32Array; peaks: Float32Array }> =>
  limit(async () => {
    const session = await sessionOf("scores", buildScores);
    const feeds = {
      rows: tensorOf(rows),
      queries: tensorOf(queries),
      grouping: new Tensor("int64", BigInt64Array.of(-1n, BigInt(PEAK_ROWS), BigInt(queries.rows)), [3]),
    };
    // The library also waits for the next turn of the event loop; only the time after it is the call's.
    let start = performance.now();
    setImmediate(() => (start = performance.now()));
    const { scores, peaks } = await session.run(feeds);
    const work = rows.rows * rows.columns * (queries.rows + READING);
    if (work >= MEASURED) pace += 0.2 * (work / Math.max(0.01, performance.now() - start) - pace);
    return { scores: scores?.data as Float32Array, peaks: peaks?.data as Float32Array };
  });

/** `left right^T`, `[left.rows, right.rows]` row-major. */
export const multiplyByTransposed = (left: Matrix, right: Matrix): Promise<Float32Array> =>
  limit(async () => {
    const session = await sessionOf("product", buildProduct);
    const output = await session.run({ left: tensorOf(left), right: tensorOf(right) });
    return output.product?.data as Float32Array;
  });

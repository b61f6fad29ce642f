import { InferenceSession, Tensor } from "onnxruntime-node";
import pLimit from "p-limit";
import { createGraph } from "../onnx/index.ts";

/** Two calls keep both the queue and the cores full; more would only add memory. */
const AT_ONCE = 2;
const limit = pLimit(AT_ONCE);

const opened = new Map<string, Promise<InferenceSession>>();

const sessionOf = (name: string, build: () => Uint8Array): Promise<InferenceSession> => {
  const known = opened.get(name);
  if (known !== undefined) return known;
  const session = InferenceSession.create(build(), { logSeverityLevel: 3 });
  opened.set(name, session);
  session.catch(() => opened.delete(name));
  return session;
};

/** Frees the sessions that all exact indexes of the process share; they open again when they are needed. */
export const closeKernels = async (): Promise<void> => {
  while (limit.activeCount + limit.pendingCount > 0) await new Promise(setImmediate);
  const sessions = [...opened.values()];
  opened.clear();
  for (const session of sessions) await (await session).release();
};

/** `queries rows^T + bias`, and of each row of it the `k` greatest, best first (ties: the lower column first). */
const buildNearest = (): Uint8Array => {
  const graph = createGraph("nearest");
  const queries = graph.input("queries", "float32", ["b", "d"]);
  const rows = graph.input("rows", "float32", ["n", "d"]);
  const bias = graph.input("bias", "float32", [1, "n"]);
  const k = graph.input("k", "int64", [1]);
  const scores = graph.node("Gemm", [queries, rows, bias], { transB: { int: 1 } });
  const [values = "", columns = ""] = graph.nodes("TopK", [scores, k], 2, { axis: { int: 1 } });
  graph.output("values", values, "float32", ["b", "k"]);
  graph.output("columns", columns, "int64", ["b", "k"]);
  return graph.toBytes();
};

const buildProduct = (transpose: "left" | "right") => (): Uint8Array => {
  const graph = createGraph("product");
  const left = graph.input("left", "float32", ["i", "j"]);
  const right = graph.input("right", "float32", ["m", "n"]);
  const attribute = transpose === "left" ? "transA" : "transB";
  graph.output("product", graph.node("Gemm", [left, right], { [attribute]: { int: 1 } }), "float32", [
    "a",
    "b",
  ]);
  return graph.toBytes();
};

export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** Row-major. */
  readonly data: Float32Array;
}

const tensorOf = ({ data, rows, columns }: Matrix): Tensor => new Tensor("float32", data, [rows, columns]);

export interface Nearest {
  readonly values: Float32Array;
  readonly columns: BigInt64Array;
}

/** For each query the `k` rows of greatest inner product plus bias (`[rows]`); k is at most the number of rows. */
export const nearest = (queries: Matrix, rows: Matrix, bias: Float32Array, k: number): Promise<Nearest> =>
  limit(async () => {
    const session = await sessionOf("nearest", buildNearest);
    const { values, columns } = await session.run({
      queries: tensorOf(queries),
      rows: tensorOf(rows),
      bias: new Tensor("float32", bias, [1, rows.rows]),
      k: new Tensor("int64", BigInt64Array.of(BigInt(k)), [1]),
    });
    return { values: values?.data as Float32Array, columns: columns?.data as BigInt64Array };
  });

const product = (transpose: "left" | "right", left: Matrix, right: Matrix): Promise<Float32Array> =>
  limit(async () => {
    const session = await sessionOf(transpose, buildProduct(transpose));
    const output = await session.run({ left: tensorOf(left), right: tensorOf(right) });
    return output.product?.data as Float32Array;
  });

/** `left right^T`, `[left.rows, right.rows]` row-major. */
export const multiplyByTransposed = (left: Matrix, right: Matrix): Promise<Float32Array> =>
  product("right", left, right);

/** `left^T right`, `[left.columns, right.columns]` row-major. */
export const multiplyTransposedBy = (left: Matrix, right: Matrix): Promise<Float32Array> =>
  product("left", left, right);

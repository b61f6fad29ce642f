import { InferenceSession, Tensor } from "onnxruntime-node";
import pLimit from "p-limit";
import { threadOptions } from "../machine-limits.ts";
import { closeProducts } from "../math/linear-algebra/index.ts";
import { createGraph } from "../onnx/index.ts";
import { closeSearchPool } from "./codes/search-pool.ts";

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

/** Ends the threads that search and releases the sessions of fits; they open again on demand. */
export const closeKernels = async (): Promise<void> => {
  while (limit.activeCount + limit.pendingCount > 0) await new Promise(setImmediate);
  const sessions = [...opened.values()];
  opened.clear();
  for (const session of sessions) await (await session).release();
  await closeProducts();
  await closeSearchPool();
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

/** `left right^T`, `[left.rows, right.rows]` row-major. */
export const multiplyByTransposed = (left: Matrix, right: Matrix): Promise<Float32Array> =>
  limit(async () => {
    const session = await sessionOf("product", buildProduct);
    const output = await session.run({ left: tensorOf(left), right: tensorOf(right) });
    return output.product?.data as Float32Array;
  });

import { InferenceSession, Tensor } from "onnxruntime-node";
import { threadOptions } from "../../machine-limits.ts";
import { createGraph } from "../../onnx/index.ts";

/** A row-major float64 matrix. */
export interface Matrix {
  readonly data: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

/** A row-major float32 matrix. */
export interface SingleMatrix {
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** Up to this many multiplications a loop is faster than a call to ONNX Runtime. */
const SMALL = 200_000;

type Shape = "none" | "left" | "right";

type Precision = "float32" | "float64";

const opened = new Map<`${Precision} ${Shape}`, Promise<InferenceSession>>();

const sessionOf = (precision: Precision, transposed: Shape): Promise<InferenceSession> => {
  const key = `${precision} ${transposed}` as const;
  const known = opened.get(key);
  if (known !== undefined) return known;
  const graph = createGraph("product");
  const left = graph.input("left", precision, ["i", "j"]);
  const right = graph.input("right", precision, ["m", "n"]);
  const product = graph.node("Gemm", [left, right], {
    transA: { int: transposed === "left" ? 1 : 0 },
    transB: { int: transposed === "right" ? 1 : 0 },
  });
  graph.output("product", product, precision, ["a", "b"]);
  const session = InferenceSession.create(graph.toBytes(), {
    ...threadOptions(),
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  });
  opened.set(key, session);
  session.catch(() => opened.delete(key));
  return session;
};

/** Releases this thread's ONNX sessions; they are created again when needed. */
export const closeProducts = async (): Promise<void> => {
  const sessions = [...opened.values()];
  opened.clear();
  for (const session of sessions) await (await session).release();
};

const tensorOf = ({ data, rows, columns }: Matrix): Tensor => new Tensor("float64", data, [rows, columns]);

const singleTensorOf = ({ data, rows, columns }: SingleMatrix): Tensor =>
  new Tensor("float32", data, [rows, columns]);

/**
 * Multiplies two matrices in float64: `left right`, or with one side transposed. The implementation (loops or ONNX
 * Runtime) depends on the shapes only.
 *
 * @param transposed which side to transpose first
 * @example
 * ```ts
 * const row = { data: Float64Array.of(1, 2), rows: 1, columns: 2 };
 * (await multiply(row, row, "right")).data; // [5]
 * ```
 */
export const multiply = async (left: Matrix, right: Matrix, transposed: Shape = "none"): Promise<Matrix> => {
  const [rows, inner] = transposed === "left" ? [left.columns, left.rows] : [left.rows, left.columns];
  const columns = transposed === "right" ? right.rows : right.columns;
  if (rows * inner * columns <= SMALL) return byLoops(left, right, transposed, rows, inner, columns);
  const session = await sessionOf("float64", transposed);
  const { product } = await session.run({ left: tensorOf(left), right: tensorOf(right) });
  return { data: product?.data as Float64Array, rows, columns };
};

/**
 * Multiplies two matrices in float32 and in half of the time, by ONNX Runtime: `left right`, or with one side transposed.
 *
 * @param transposed which side to transpose first
 * @example
 * ```ts
 * const row = { data: Float32Array.of(1, 2), rows: 1, columns: 2 };
 * (await multiplySingle(row, row, "right")).data; // [5]
 * ```
 */
export const multiplySingle = async (
  left: SingleMatrix,
  right: SingleMatrix,
  transposed: Shape = "none",
): Promise<SingleMatrix> => {
  const session = await sessionOf("float32", transposed);
  const { product } = await session.run({ left: singleTensorOf(left), right: singleTensorOf(right) });
  return {
    data: product?.data as Float32Array,
    rows: transposed === "left" ? left.columns : left.rows,
    columns: transposed === "right" ? right.rows : right.columns,
  };
};

const byLoops = (
  left: Matrix,
  right: Matrix,
  transposed: Shape,
  rows: number,
  inner: number,
  columns: number,
): Matrix => {
  const data = new Float64Array(rows * columns);
  const [stepI, stepJ] = transposed === "left" ? [1, rows] : [inner, 1];
  const [stepK, stepN] = transposed === "right" ? [1, inner] : [columns, 1];
  for (let i = 0; i < rows; i++) {
    for (let n = 0; n < columns; n++) {
      let sum = 0;
      for (let j = 0; j < inner; j++)
        sum += (left.data[i * stepI + j * stepJ] ?? 0) * (right.data[j * stepK + n * stepN] ?? 0);
      data[i * columns + n] = sum;
    }
  }
  return { data, rows, columns };
};

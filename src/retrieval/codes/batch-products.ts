import { InferenceSession, Tensor } from "onnxruntime-node";
import { createGraph } from "../../onnx/index.ts";
import { EXTENT_ROWS, ZERO_CODE } from "./layout.ts";

/** Products of rows' codes with the bytes of several queries, by ONNX Runtime on one thread. */
export interface BatchProducts {
  /**
   * Writes `codes bytes`, `[rows, columns]`, to `products`.
   *
   * @param codes `[rows, stride]`, at most {@link EXTENT_ROWS} rows; copied, for ONNX Runtime refuses shared memory
   * @param bytes `[stride, columns]`
   */
  readonly multiply: (
    codes: Uint8Array,
    bytes: Int8Array<ArrayBuffer>,
    products: Int32Array<ArrayBuffer>,
    shape: { readonly rows: number; readonly stride: number; readonly columns: number },
  ) => Promise<void>;
  /** The same of float32 rows, `[rows, stride]`, and queries, `[columns, stride]`. */
  readonly multiplyFloats: (
    rows: Float32Array<ArrayBuffer>,
    queries: Float32Array<ArrayBuffer>,
    products: Float32Array<ArrayBuffer>,
    shape: { readonly rows: number; readonly stride: number; readonly columns: number },
  ) => Promise<void>;
  readonly close: () => Promise<void>;
}

const buildFloatProducts = (): Uint8Array => {
  const graph = createGraph("float-products");
  const operands = [
    graph.input("rows", "float32", ["rows", "stride"]),
    graph.input("queries", "float32", ["columns", "stride"]),
  ];
  const product = graph.node("Gemm", operands, { transB: { int: 1 } });
  graph.output("products", product, "float32", ["rows", "columns"]);
  return graph.toBytes();
};

const buildProducts = (): Uint8Array => {
  const graph = createGraph("batch-products");
  const operands = [
    graph.input("codes", "uint8", ["rows", "stride"]),
    graph.input("bytes", "int8", ["stride", "columns"]),
    graph.bytes([], Uint8Array.of(ZERO_CODE)),
  ];
  graph.output("products", graph.node("MatMulInteger", operands), "int32", ["rows", "columns"]);
  return graph.toBytes();
};

export const openBatchProducts = async (): Promise<BatchProducts> => {
  const open = (model: Uint8Array): Promise<InferenceSession> =>
    InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 });
  const session = await open(buildProducts());
  const floats = await open(buildFloatProducts());
  let copy = new Uint8Array(0);
  return {
    multiply: async (codes, bytes, products, { rows, stride, columns }) => {
      if (copy.length < EXTENT_ROWS * stride) copy = new Uint8Array(EXTENT_ROWS * stride);
      const own = copy.subarray(0, rows * stride);
      own.set(codes);
      // An output given beforehand takes half the time of one that the library allocates.
      await session.run(
        {
          codes: new Tensor("uint8", own, [rows, stride]),
          bytes: new Tensor("int8", bytes, [stride, columns]),
        },
        { products: new Tensor("int32", products, [rows, columns]) },
      );
    },
    multiplyFloats: async (rowsOf, queries, products, { rows, stride, columns }) => {
      await floats.run(
        {
          rows: new Tensor("float32", rowsOf, [rows, stride]),
          queries: new Tensor("float32", queries, [columns, stride]),
        },
        { products: new Tensor("float32", products, [rows, columns]) },
      );
    },
    close: async () => {
      await session.release();
      await floats.release();
    },
  };
};

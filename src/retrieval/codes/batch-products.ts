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
  readonly close: () => Promise<void>;
}

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
  const session = await InferenceSession.create(buildProducts(), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
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
    close: () => session.release(),
  };
};

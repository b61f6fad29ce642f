import { InferenceSession, Tensor } from "onnxruntime-node";
import { createGraph } from "../../onnx/index.ts";
import { openBatchKernels } from "../codes/kernels.ts";
import { ZERO_CODE } from "../codes/layout.ts";

const PAGE = 65_536;
/** The most products of one call: 16 MiB of int32. */
const PRODUCTS = 2 ** 22;
const ROWS_A_CALL = 1_024;

/** Finds the nearest of many centroids by products of int8. */
export interface CentroidProducts {
  /** The most rows of a call. */
  readonly rows: number;
  /** Where the caller puts the codes of rows, `[rows, stride]`. */
  readonly codes: Uint8Array;
  /** Writes the number of the nearest centroid of each of the first `count` rows to `lists`, from its start. */
  readonly nearest: (count: number, lists: Int32Array) => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Prepares products with centroids. They are a constant of the model, because ONNX Runtime then packs them once, not on
 * each call: 4.2 in place of 10.4 us a row for 4,096 centroids of 256 numbers.
 *
 * @param centroids `[stride, count]`, int8 with one scale for all, so that the greatest product is the greatest cosine
 * @param stride the padded dimension
 * @param count a multiple of 4
 */
export const openCentroidProducts = async (
  centroids: Int8Array,
  { stride, count }: { readonly stride: number; readonly count: number },
): Promise<CentroidProducts> => {
  const graph = createGraph("nearest-centroids");
  const rows = Math.max(1, Math.min(ROWS_A_CALL, Math.floor(PRODUCTS / count)));
  const operands = [
    graph.input("codes", "uint8", ["rows", stride]),
    graph.bytes([stride, count], centroids),
    graph.bytes([], Uint8Array.of(ZERO_CODE)),
  ];
  graph.output("products", graph.node("MatMulInteger", operands), "int32", ["rows", count]);
  const session = await InferenceSession.create(graph.toBytes(), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const codes = new Uint8Array(rows * stride);
  // The greatest are searched by a kernel, which reads WebAssembly memory alone.
  const memory = new WebAssembly.Memory({ initial: Math.ceil((4 * rows * (count + 1)) / PAGE) });
  const products = new Int32Array(memory.buffer, 0, rows * count);
  const places = new Int32Array(memory.buffer, 4 * rows * count, rows);
  const { argmax } = openBatchKernels(memory);

  return {
    rows,
    codes,
    nearest: async (wanted, lists) => {
      const feeds = { codes: new Tensor("uint8", codes.subarray(0, wanted * stride), [wanted, stride]) };
      // An output given beforehand takes half the time of one that the library allocates.
      const fetches = {
        products: new Tensor("int32", products.subarray(0, wanted * count), [wanted, count]),
      };
      await session.run(feeds, fetches);
      argmax(products.byteOffset, wanted, count, places.byteOffset);
      lists.set(places.subarray(0, wanted));
    },
    close: () => session.release(),
  };
};

import { threadOptions } from "../machine-limits.ts";
import { openWorker } from "../worker.ts";

/** A row-major input tensor. */
export interface TensorData {
  readonly type: "float32" | "int64";
  readonly data: Float32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>;
  readonly dims: readonly number[];
}

/** An output tensor of any type. */
export interface OutputData {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
}

/** A model loaded on its own worker thread. */
export interface Inference {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * Runs the model once; calls are queued. The buffers of `feeds` are transferred to the thread and become unusable.
   *
   * @returns one tensor per name in `outputs`, in that order
   * @throws Error with ONNX Runtime's message
   */
  readonly run: (
    feeds: Readonly<Record<string, TensorData>>,
    outputs: readonly string[],
  ) => Promise<OutputData[]>;
  /** Waits for the current run, then releases the model. */
  readonly close: () => Promise<void>;
}

/** The functions that inference-worker.mjs exposes. */
interface InferenceCalls {
  readonly names: () => Pick<Inference, "inputNames" | "outputNames">;
  readonly run: (request: {
    readonly feeds: Readonly<Record<string, TensorData>>;
    readonly outputs: readonly string[];
  }) => OutputData[];
}

/**
 * Loads an ONNX model on its own worker thread, because ONNX Runtime's Node.js binding computes on the calling thread and
 * would block all other requests.
 *
 * @param file path of the ONNX file
 * @throws Error with ONNX Runtime's message if the model cannot be loaded
 * @example
 * ```ts
 * const inference = await openInference("model.onnx");
 * const x = { type: "float32", data: Float32Array.of(1, 2), dims: [1, 2] } as const;
 * const [y] = await inference.run({ x }, ["y"]);
 * await inference.close();
 * ```
 */
export const openInference = async (file: string): Promise<Inference> => {
  const module = new URL("./inference-worker.mjs", import.meta.url);
  const worker = openWorker<InferenceCalls>(module, { file, threads: threadOptions() });
  try {
    const { inputNames, outputNames } = await worker.call("names", undefined);
    return {
      inputNames,
      outputNames,
      run: (feeds, outputs) =>
        worker.call(
          "run",
          { feeds, outputs },
          Object.values(feeds).map(({ data }) => data.buffer),
        ),
      close: worker.close,
    };
  } catch (error) {
    await worker.close();
    throw error;
  }
};

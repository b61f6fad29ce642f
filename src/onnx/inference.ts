import { openWorker } from "../worker.ts";

/** Row-major numbers with their shape, as networks take and give them. */
export interface TensorData {
  readonly type: "float32" | "int64";
  readonly data: Float32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>;
  readonly dims: readonly number[];
}

/** What a network gave, of any type. */
export interface OutputData {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
}

/** A network on a thread of its own. */
export interface Inference {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * Runs the network once, after the runs that were asked for before. The feeds' memory moves to the thread.
   *
   * @returns what was asked for, in that order
   * @throws Error with what ONNX Runtime says
   */
  readonly run: (
    feeds: Readonly<Record<string, TensorData>>,
    outputs: readonly string[],
  ) => Promise<OutputData[]>;
  /** Waits for what runs and frees the network. */
  readonly close: () => Promise<void>;
}

/** The functions of inference-worker.mjs. */
interface InferenceCalls {
  readonly names: () => Pick<Inference, "inputNames" | "outputNames">;
  readonly run: (request: {
    readonly feeds: Readonly<Record<string, TensorData>>;
    readonly outputs: readonly string[];
  }) => OutputData[];
}

/**
 * Loads an ONNX file on a thread of its own, for ONNX Runtime's binding to Node computes on the thread that asks, which
 * would keep all other requests waiting.
 *
 * @throws Error with what ONNX Runtime says of the file
 */
export const openInference = async (file: string): Promise<Inference> => {
  const worker = openWorker<InferenceCalls>(new URL("./inference-worker.mjs", import.meta.url), file);
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

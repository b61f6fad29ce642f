import { once } from "node:events";
import { Worker } from "node:worker_threads";

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

interface Names {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
}

type Reply = { readonly value: OutputData[] } | { readonly error: string };

/**
 * Loads an ONNX file on a thread of its own, for ONNX Runtime's binding to Node computes on the thread that asks, which
 * would keep all other requests waiting.
 *
 * @throws Error with what ONNX Runtime says of the file
 */
export const openInference = async (file: string): Promise<Inference> => {
  const thread = new Worker(new URL("./inference-thread.mjs", import.meta.url), {
    workerData: file,
    execArgv: [],
  });
  // An "error" before the first message is thrown by `once`.
  const [{ inputNames, outputNames }] = (await once(thread, "message")) as [Names];
  // An idle network must not keep a process alive.
  thread.unref();

  const waiting: { resolve: (value: OutputData[]) => void; reject: (error: Error) => void }[] = [];
  thread.on("message", (reply: Reply) => {
    const asked = waiting.shift();
    if (waiting.length === 0) thread.unref();
    if ("value" in reply) asked?.resolve(reply.value);
    else asked?.reject(new Error(reply.error));
  });
  const fail = (error: Error): void => {
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  thread.on("error", fail);
  thread.on("exit", () => fail(new Error("the network's thread has ended")));

  return {
    inputNames,
    outputNames,
    run: (feeds, outputs) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        thread.ref();
        thread.postMessage(
          { feeds, outputs },
          Object.values(feeds).map(({ data }) => data.buffer),
        );
      }),
    close: async () => {
      const ended = once(thread, "exit");
      thread.ref();
      thread.postMessage("close");
      await ended;
    },
  };
};

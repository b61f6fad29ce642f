import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { AnchorageError } from "../../../errors.ts";
import type { ScoringReply, ScoringTask } from "./scoring-worker.ts";
import { timedScore, type TimedScore } from "./timed-score.ts";
import type { ScoreInput, TransferMethod, TransferOptions } from "./types.ts";

/** Multiplications up to which a score takes less time than a thread takes to start. */
const SMALL = 2_000_000;

/** Scores of one input, one after another: each resolves before the next is asked for. */
export interface Scoring {
  /**
   * @throws AnchorageError `unprocessable` where the score is not defined for the input
   * @throws the signal's reason, soon after it is aborted
   */
  readonly score: (method: TransferMethod, options: TransferOptions) => Promise<TimedScore>;
  /** To be called at the end, whether or not a score was thrown. Resolves when nothing is worked on any more. */
  readonly close: () => Promise<void>;
}

/**
 * Opens scoring of `input`, which is given away: on a thread of its own where it would keep requests waiting. An input
 * over a SharedArrayBuffer stays the caller's, too.
 *
 * @param signal breaks the work off where it is aborted
 */
export const openScoring = (input: ScoreInput, signal?: AbortSignal): Scoring =>
  workOf(input) > SMALL ? onThread(input, signal) : inPlace(input, signal);

const workOf = ({ features: { n, d }, classes, fLabels = [], sourceProbabilities }: ScoreInput): number => {
  const labels = fLabels.reduce((sum, { columns }) => sum + columns, sourceProbabilities?.columns ?? 0);
  const count = (classes ?? new Int32Array(0)).reduce((most, id) => Math.max(most, id + 1), 0);
  // Products of columns, the sorting of pairs of rows, and what goes on until it converges.
  return n * (Math.min(n, d) * (d + labels) + 20 * n + 30 * count * (d + 10));
};

const inPlace = (input: ScoreInput, signal?: AbortSignal): Scoring => ({
  score: async (method, options) => {
    signal?.throwIfAborted();
    return timedScore(method, input, options, signal);
  },
  close: () => Promise.resolve(),
});

const onThread = (input: ScoreInput, signal?: AbortSignal): Scoring => {
  const thread = new Worker(new URL("./scoring-thread.mjs", import.meta.url), {
    workerData: input,
    transferList: ownBuffers(input),
    execArgv: [],
  });
  const ended = new Promise<void>((resolve) => thread.once("exit", () => resolve()));
  // Whoever waits for a score is told by `once`; without a listener, it would end the process where nobody does.
  thread.on("error", () => undefined);
  let stopping = false;
  // Not terminated: that ends the whole process where the thread is within ONNX Runtime.
  const stop = (): void => {
    if (!stopping) thread.postMessage({ done: true } satisfies ScoringTask);
    stopping = true;
  };
  return {
    score: async (method, options) => {
      try {
        const reply = await ask(thread, { method, options }, signal);
        if ("made" in reply) return reply.made;
        throw errorOf(reply);
      } catch (error) {
        if (signal?.aborted !== true) throw error;
        stop();
        throw signal.reason;
      }
    },
    close: async () => {
      stop();
      await ended;
    },
  };
};

const ask = async (thread: Worker, task: ScoringTask, signal?: AbortSignal): Promise<ScoringReply> => {
  signal?.throwIfAborted();
  const settled = new AbortController();
  const either = AbortSignal.any([settled.signal, ...(signal === undefined ? [] : [signal])]);
  try {
    thread.postMessage(task);
    // An "error" of the thread is thrown by `once`.
    const [reply] = (await Promise.race([
      once(thread, "message", { signal: either }),
      once(thread, "exit", { signal: either }).then(() => {
        throw new Error("the scoring ended early");
      }),
    ])) as [ScoringReply];
    return reply;
  } finally {
    settled.abort();
  }
};

const errorOf = ({ code, message, faults }: Extract<ScoringReply, { code: unknown }>): Error =>
  code === null ? new Error(message) : new AnchorageError(code, message, { faults });

/** Those that nothing else has a part of. */
const ownBuffers = ({ features, classes, fLabels = [], sourceProbabilities }: ScoreInput): ArrayBuffer[] => {
  const views = [
    features.data,
    ...(classes === undefined ? [] : [classes]),
    ...fLabels.map(({ data }) => data),
    ...(sourceProbabilities === undefined ? [] : [sourceProbabilities.data]),
  ];
  const buffers = new Set<ArrayBuffer>();
  for (const { buffer, byteLength } of views)
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffers.add(buffer);
  return [...buffers];
};

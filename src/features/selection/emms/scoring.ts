import { openWorker } from "../../../worker.ts";
import type { ScoringCalls } from "./scoring-worker.ts";
import { timedScore, type TimedScore } from "./timed-score.ts";
import type { ScoreInput, TransferMethod, TransferOptions } from "./types.ts";

/** With fewer multiplications a score takes less time than starting a thread. */
const SMALL = 2_000_000;

/** Scores one input by several methods; await each score before the next call. */
export interface ScoringWorker {
  /**
   * @throws AnchorageError `unprocessable` where the score is not defined for the input
   * @throws the signal's reason, soon after it is aborted
   */
  readonly score: (method: TransferMethod, options: TransferOptions) => Promise<TimedScore>;
  /** Call at the end, also after an error. Resolves when the work has stopped. */
  readonly close: () => Promise<void>;
}

/**
 * Opens scoring of `input`, whose buffers are transferred: on its own thread if the work would block requests. A
 * SharedArrayBuffer stays usable by the caller.
 *
 * @param signal stops the work when aborted
 */
export const openScoring = (input: ScoreInput, signal?: AbortSignal): ScoringWorker =>
  workOf(input) > SMALL ? onThread(input, signal) : inPlace(input, signal);

const workOf = ({ embeddings: { n, d }, classes, fLabels = [], sourceProbabilities }: ScoreInput): number => {
  const labels = fLabels.reduce((sum, { columns }) => sum + columns, sourceProbabilities?.columns ?? 0);
  const count = (classes ?? new Int32Array(0)).reduce((most, id) => Math.max(most, id + 1), 0);
  // Products of columns, sorting of pairs of rows, and iterations until convergence.
  return n * (Math.min(n, d) * (d + labels) + 20 * n + 30 * count * (d + 10));
};

const inPlace = (input: ScoreInput, signal?: AbortSignal): ScoringWorker => ({
  score: async (method, options) => {
    signal?.throwIfAborted();
    return timedScore(method, input, options, signal);
  },
  close: () => Promise.resolve(),
});

const onThread = (input: ScoreInput, signal?: AbortSignal): ScoringWorker => {
  const module = new URL("./scoring-worker.ts", import.meta.url);
  const worker = openWorker<ScoringCalls>(module, input, { transfer: ownBuffers(input), signal });
  return {
    score: (method, options) => worker.call("score", { method, options }),
    close: worker.close,
  };
};

/** Buffers that belong to one view each, so they can be transferred. */
const ownBuffers = ({
  embeddings,
  classes,
  fLabels = [],
  sourceProbabilities,
}: ScoreInput): ArrayBuffer[] => {
  const views = [
    embeddings.data,
    ...(classes === undefined ? [] : [classes]),
    ...fLabels.map(({ data }) => data),
    ...(sourceProbabilities === undefined ? [] : [sourceProbabilities.data]),
  ];
  const buffers = new Set<ArrayBuffer>();
  for (const { buffer, byteLength } of views)
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffers.add(buffer);
  return [...buffers];
};

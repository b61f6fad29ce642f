import { openWorker } from "../../../worker.ts";
import type { ScoringCalls } from "./scoring-worker.ts";
import { timedScore, type TimedScore } from "./timed-score.ts";
import type { ScoreInput, TransferMethod, TransferOptions } from "./types.ts";

/** Multiplications up to which a score takes less time than a thread takes to start. */
const SMALL = 2_000_000;

/** Scores of one input, one after another: each resolves before the next is asked for. */
export interface ScoringWorker {
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
export const openScoring = (input: ScoreInput, signal?: AbortSignal): ScoringWorker =>
  workOf(input) > SMALL ? onThread(input, signal) : inPlace(input, signal);

const workOf = ({ embeddings: { n, d }, classes, fLabels = [], sourceProbabilities }: ScoreInput): number => {
  const labels = fLabels.reduce((sum, { columns }) => sum + columns, sourceProbabilities?.columns ?? 0);
  const count = (classes ?? new Int32Array(0)).reduce((most, id) => Math.max(most, id + 1), 0);
  // Products of columns, the sorting of pairs of rows, and what goes on until it converges.
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

/** Buffers that no other view shares a part of. */
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

import { parentPort, workerData } from "node:worker_threads";
import { isAnchorageError, messageOf, type ErrorCode, type FieldFault } from "../../../errors.ts";
import { closeProducts } from "../../../math/linear-algebra/index.ts";
import { timedScore, type TimedScore } from "./timed-score.ts";
import type { ScoreInput, TransferMethod, TransferOptions } from "./types.ts";

/** What the thread is asked for, one after another. */
export type ScoringTask =
  | { readonly method: TransferMethod; readonly options: TransferOptions }
  /** The last: the thread breaks off what it is at, and ends. */
  | { readonly done: true };

export type ScoringReply =
  | { readonly made: TimedScore }
  | { readonly code: ErrorCode | null; readonly message: string; readonly faults: readonly FieldFault[] };

const input = workerData as ScoreInput;
const stop = new AbortController();
let running: Promise<void> = Promise.resolve();

const answer = async ({ method, options }: Extract<ScoringTask, { method: unknown }>): Promise<void> => {
  const reply = await timedScore(method, input, options, stop.signal).then(
    (made): ScoringReply => ({ made }),
    (error: unknown): ScoringReply =>
      isAnchorageError(error)
        ? { code: error.code, message: error.message, faults: error.faults }
        : { code: null, message: messageOf(error), faults: [] },
  );
  parentPort?.postMessage(reply);
};

const end = async (): Promise<void> => {
  stop.abort();
  await running;
  await closeProducts();
  parentPort?.close();
};

parentPort?.on("message", (task: ScoringTask) => {
  if ("method" in task) running = answer(task);
  else void end();
});

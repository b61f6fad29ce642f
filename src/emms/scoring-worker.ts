import { parentPort, workerData } from "node:worker_threads";
import { isAnchorageError, messageOf, type ErrorCode, type FieldFault } from "../errors.ts";
import { closeProducts } from "../linear-algebra/index.ts";
import { timedScore, type TimedScore } from "./timed-score.ts";
import type { ScoreInput, TransferMethod, TransferOptions } from "./types.ts";

/** What the thread is asked for, one after another. */
export type ScoringTask =
  | { readonly method: TransferMethod; readonly options: TransferOptions }
  /** The last: the thread ends. */
  | { readonly done: true };

export type ScoringReply =
  | { readonly made: TimedScore | null }
  | { readonly code: ErrorCode | null; readonly message: string; readonly faults: readonly FieldFault[] };

const input = workerData as ScoreInput;

const answer = async (task: ScoringTask): Promise<ScoringReply> => {
  try {
    if ("method" in task) return { made: await timedScore(task.method, input, task.options) };
    await closeProducts();
    return { made: null };
  } catch (error) {
    if (!isAnchorageError(error)) return { code: null, message: messageOf(error), faults: [] };
    return { code: error.code, message: error.message, faults: error.faults };
  }
};

parentPort?.on("message", (task: ScoringTask) => {
  void answer(task).then((reply) => {
    parentPort?.postMessage(reply);
    if ("done" in task) parentPort?.close();
  });
});

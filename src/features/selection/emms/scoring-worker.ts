import { closeKernels } from "../../../retrieval/index.ts";
import type { WorkerContext } from "../../../worker.ts";
import { timedScore, type TimedScore } from "./timed-score.ts";
import type { ScoreInput, TransferMethod, TransferOptions } from "./types.ts";

export interface ScoringTask {
  readonly method: TransferMethod;
  readonly options: TransferOptions;
}

export interface ScoringCalls {
  readonly score: (task: ScoringTask) => Promise<TimedScore>;
  readonly close: () => Promise<void>;
}

export const open = (input: ScoreInput, { signal }: WorkerContext): ScoringCalls => ({
  score: ({ method, options }) => timedScore(method, input, options, signal),
  close: closeKernels,
});

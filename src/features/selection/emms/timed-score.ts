import { transferScorerOf } from "./methods.ts";
import type { ScoreInput, TransferMethod, TransferOptions, TransferScore } from "./types.ts";

export interface TimedScore extends TransferScore {
  /** Of the method alone, in milliseconds. */
  readonly tookMs: number;
}

export const timedScore = async (
  name: TransferMethod,
  input: ScoreInput,
  options: TransferOptions,
  signal?: AbortSignal,
): Promise<TimedScore> => {
  const start = performance.now();
  const made = await transferScorerOf(name).score(input, options, signal);
  return { ...made, tookMs: performance.now() - start };
};

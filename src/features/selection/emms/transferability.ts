import pLimit from "p-limit";
import { AnchorageError, faultyFields } from "../../../errors.ts";
import { withinTime } from "../../../collections/time-limit.ts";
import { undefinedScore } from "./classes.ts";
import { transferScorerOf } from "./methods.ts";
import { openScoring } from "./scoring.ts";
import type { TimedScore } from "./timed-score.ts";
import type { LabelInput, ScoreInput, TransferMethod, TransferOptions } from "./types.ts";

/** The most inputs that wait while another is scored; each is in memory. */
const WAITING = 4;

export interface TransferabilityLimits {
  /** The time for all scores of one input, from its turn. */
  readonly withinMs: number;
}

/** Several scores of one input. */
export type Transferability = (
  input: ScoreInput,
  methods: readonly TransferMethod[],
  options: TransferOptions,
  signal: AbortSignal,
) => Promise<ReadonlyMap<TransferMethod, TimedScore>>;

/**
 * Scores inputs one at a time, because each uses all cores. The returned function gives all scores or none.
 *
 * @throws AnchorageError `unprocessable` if a method's input is missing or a score is undefined or takes too long;
 * `unavailable` if too many inputs wait already
 * @throws the signal's reason, soon after it is aborted
 */
export const createTransferability = ({ withinMs }: TransferabilityLimits): Transferability => {
  const limit = pLimit(1);
  return async (input, methods, options, signal) => {
    requireInputs(input, methods);
    if (limit.pendingCount >= WAITING)
      throw new AnchorageError("unavailable", "Other requests wait for their scores already; try again.");
    return limit(async () => {
      signal.throwIfAborted();
      try {
        return await withinTime(withinMs, signal, (limited) => scoreAll(input, methods, options, limited));
      } catch (error) {
        if (signal.aborted || !(error instanceof DOMException && error.name === "TimeoutError")) throw error;
        throw undefinedScore(
          ["methods"],
          `take more than ${withinMs / 1000} s for these features; ask for fewer at once, or send fewer rows or columns`,
        );
      }
    });
  };
};

const scoreAll = async (
  input: ScoreInput,
  methods: readonly TransferMethod[],
  options: TransferOptions,
  signal: AbortSignal,
): Promise<Map<TransferMethod, TimedScore>> => {
  const scores = new Map<TransferMethod, TimedScore>();
  const scoring = openScoring(input, signal);
  try {
    for (const method of methods) {
      const made = await scoring.score(method, options);
      if (!Number.isFinite(made.score))
        throw undefinedScore(["features"], `are such that ${method} has no finite value`);
      scores.set(method, made);
    }
  } finally {
    await scoring.close();
  }
  return scores;
};

const requireInputs = (input: ScoreInput, methods: readonly TransferMethod[]): void => {
  const needing = new Map<LabelInput, TransferMethod[]>();
  for (const method of methods) {
    for (const part of transferScorerOf(method).needs)
      if (input[part] === undefined) needing.set(part, [...(needing.get(part) ?? []), method]);
  }
  const faults = [...needing].map(([field, by]) => ({
    path: [field],
    message: `must be given for ${by.join(", ")}`,
  }));
  if (faults.length > 0) throw faultyFields(faults, { code: "unprocessable" });
};

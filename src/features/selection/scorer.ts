import { Worker } from "node:worker_threads";
import type { CandidateReply, CandidateTask } from "./candidate-worker.ts";
import type { CandidateScores, Features, Standard } from "./score-candidate.ts";

/** Scores candidates on a thread of its own, one after another: each resolves before the next is asked for. */
export interface Scorer {
  /** @throws the signal's reason, soon after it is aborted */
  readonly score: (features: Features) => Promise<CandidateScores>;
  /** To be called at the end, whether or not a score was thrown. Resolves when nothing is worked on any more. */
  readonly close: () => Promise<void>;
}

/**
 * @param standard is copied, but for what is over a SharedArrayBuffer
 * @param onScore is called after each score
 */
export const openScorer = (standard: Standard, onScore: () => void, signal: AbortSignal): Scorer => {
  const thread = new Worker(new URL("./candidate-thread.mjs", import.meta.url), {
    workerData: standard,
    execArgv: [],
  });
  let settle: { resolve: (scores: CandidateScores) => void; reject: (error: unknown) => void } | null = null;
  const fail = (error: unknown): void => settle?.reject(signal.aborted ? signal.reason : error);
  const ended = new Promise<void>((resolve) => thread.once("exit", () => resolve()));
  thread.on("error", fail);
  thread.on("exit", () => fail(new Error("the scoring ended early")));
  thread.on("message", (reply: CandidateReply) => {
    if ("scored" in reply) onScore();
    else if ("made" in reply) settle?.resolve(reply.made);
    else fail(new Error(reply.failed));
  });
  const post = (task: CandidateTask): void => thread.postMessage(task);
  let stopping = false;
  // Not terminated: that ends the whole process where the thread is within ONNX Runtime.
  const stop = (): void => {
    if (!stopping) post({ done: true });
    stopping = true;
  };
  signal.addEventListener("abort", stop, { once: true });
  return {
    score: (features) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        settle = { resolve, reject };
        post({ features });
      }),
    close: async () => {
      signal.removeEventListener("abort", stop);
      stop();
      await ended;
    },
  };
};

import { openWorker } from "../../worker.ts";
import type { CandidateCalls } from "./candidate-worker.ts";
import type { CandidateScores, CandidateEmbeddings, CandidateTask } from "./score-candidate.ts";

/** Scores candidates on its own thread, one after another; await each before the next call. */
interface Scorer {
  /** @throws the signal's reason, soon after it is aborted */
  readonly score: (embeddings: CandidateEmbeddings) => Promise<CandidateScores>;
  /** To be called at the end, whether or not a score was thrown. Resolves when nothing is worked on any more. */
  readonly close: () => Promise<void>;
}

/**
 * @param standard is copied, but for what is over a SharedArrayBuffer
 * @param onScore is called after each score
 */
export const openScorer = (standard: CandidateTask, onScore: () => void, signal: AbortSignal): Scorer => {
  const module = new URL("./candidate-worker.ts", import.meta.url);
  const worker = openWorker<CandidateCalls>(module, standard, { signal, onNotice: onScore });
  return { score: (embeddings) => worker.call("score", embeddings), close: worker.close };
};

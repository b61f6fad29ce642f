import { closeKernels } from "../../retrieval/index.ts";
import type { WorkerContext } from "../../worker.ts";
import {
  scoreCandidate,
  type CandidateScores,
  type CandidateEmbeddings,
  type CandidateTask,
} from "./score-candidate.ts";

export interface CandidateCalls {
  /** Notifies after each score. */
  readonly score: (embeddings: CandidateEmbeddings) => Promise<CandidateScores>;
  readonly close: () => Promise<void>;
}

export const open = (standard: CandidateTask, { signal, notify }: WorkerContext): CandidateCalls => ({
  score: (embeddings) => scoreCandidate(embeddings, standard, () => notify(undefined), signal),
  close: closeKernels,
});

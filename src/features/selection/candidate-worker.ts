import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../../errors.ts";
import { closeProducts } from "../../math/linear-algebra/index.ts";
import { closeKernels } from "../../retrieval/index.ts";
import { scoreCandidate, type CandidateScores, type Features, type Standard } from "./score-candidate.ts";

/** What the thread is asked for, one after another. */
export type CandidateTask =
  | { readonly features: Features }
  /** The last: the thread breaks off what it is at, and ends. */
  | { readonly done: true };

export type CandidateReply =
  { readonly scored: true } | { readonly made: CandidateScores } | { readonly failed: string };

const standard = workerData as Standard;
const stop = new AbortController();
let running: Promise<void> = Promise.resolve();

const post = (reply: CandidateReply): void => parentPort?.postMessage(reply);

const answer = async (features: Features): Promise<void> =>
  scoreCandidate(features, standard, () => post({ scored: true }), stop.signal).then(
    (made) => post({ made }),
    (error: unknown) => post({ failed: messageOf(error) }),
  );

const end = async (): Promise<void> => {
  stop.abort();
  await running;
  await Promise.all([closeProducts(), closeKernels()]);
  parentPort?.close();
};

parentPort?.on("message", (task: CandidateTask) => {
  if ("features" in task) running = answer(task.features);
  else void end();
});

import type { JobBody } from "../api/service.ts";
import { AnchorageError } from "../errors.ts";
import { pause } from "./pause.ts";
import type { CallOptions } from "./transport.ts";

const LOOK_EVERY_MS = 200;

export interface WaitOptions extends CallOptions {
  /** Called with the job's state after each poll, every 200 ms. */
  readonly onProgress?: (job: JobBody) => void;
}

interface Jobs {
  getJob(id: string): Promise<JobBody>;
  cancelJob(id: string): Promise<JobBody>;
}

/** Waits until a job is done; see `CoreClient.waitForJob`. */
export const waitForJob = async (
  jobs: Jobs,
  started: JobBody,
  { signal, onProgress }: WaitOptions = {},
): Promise<JobBody> => {
  let job = started;
  while (job.state === "running" && signal?.aborted !== true) {
    await pause(LOOK_EVERY_MS, signal);
    job = await jobs.getJob(job.id);
    onProgress?.(job);
  }
  const { id, kind, subject } = job;
  if (job.state === "running") {
    await jobs.cancelJob(id);
    throw new AnchorageError("cancelled", `${kind} of ${subject} was stopped`);
  }
  if (job.state === "done") return job;
  const why = job.error === null ? "" : `: ${job.error}`;
  throw new AnchorageError("unprocessable", `${kind} of ${subject} ended as ${job.state}${why}`);
};

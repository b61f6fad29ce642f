import { setTimeout as pause } from "node:timers/promises";
import type { TuneRequest, TuningDetail } from "../collections/index.ts";
import { AnchorageError } from "../errors.ts";
import type { JobRecord } from "../store/index.ts";

const LOOK_EVERY_MS = 200;

/** A job as it is looked at from here. */
export type SeenJob = Pick<JobRecord, "id" | "state" | "done" | "total" | "error">;

export interface TuneOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

/** The parts of a service, or of one that is opened here, that tuning needs. */
export interface TuningDoor {
  readonly start: (request: TuneRequest) => Promise<SeenJob>;
  readonly look: (id: string) => Promise<SeenJob>;
  readonly cancel: (id: string) => Promise<unknown>;
  readonly found: () => Promise<TuningDetail>;
}

/**
 * Tunes and waits for the end.
 *
 * @throws AnchorageError `cancelled` where the signal aborts: the job is cancelled, and nothing is changed
 */
export const tuneBy = async (
  { start, look, cancel, found }: TuningDoor,
  request: TuneRequest,
  { signal, onProgress }: TuneOptions,
): Promise<TuningDetail> => {
  let job = await start(request);
  while (job.state === "running" && !signal.aborted) {
    await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    job = await look(job.id);
    if (job.total > 0) onProgress(job.done, job.total);
  }
  if (job.state === "running") {
    await cancel(job.id);
    throw new AnchorageError("cancelled", "tuning was stopped, and nothing is changed");
  }
  if (job.state !== "done")
    throw new AnchorageError(
      "unprocessable",
      `tuning ended as ${job.state}${job.error === null ? "" : `: ${job.error}`}`,
    );
  return found();
};

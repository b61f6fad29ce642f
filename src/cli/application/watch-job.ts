import { setTimeout as pause } from "node:timers/promises";
import type { Job } from "../../api/service.ts";
import { AnchorageError } from "../../errors.ts";

const LOOK_EVERY_MS = 200;

/** A job as it is looked at from here. */
export type SeenJob = Pick<Job, "id" | "state" | "done" | "total" | "error">;

export interface WatchOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

/** The parts of a service, or of one that is opened here, that a job needs. */
export interface JobDoor<Found> {
  readonly start: () => Promise<SeenJob>;
  readonly look: (id: string) => Promise<SeenJob>;
  readonly cancel: (id: string) => Promise<unknown>;
  readonly found: (id: string) => Promise<Found>;
}

/**
 * Starts a job and waits for its end.
 *
 * @param words what it is called, and what is left of it when it was stopped
 * @throws AnchorageError `cancelled` where the signal aborts: the job is cancelled
 */
export const watchJob = async <Found>(
  { start, look, cancel, found }: JobDoor<Found>,
  words: { readonly name: string; readonly stopped: string },
  { signal, onProgress }: WatchOptions,
): Promise<Found> => {
  let job = await start();
  while (job.state === "running" && !signal.aborted) {
    await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    job = await look(job.id);
    if (job.total > 0) onProgress(job.done, job.total);
  }
  if (job.state === "running") {
    await cancel(job.id);
    throw new AnchorageError("cancelled", `${words.name} was stopped, and ${words.stopped}`);
  }
  if (job.state !== "done")
    throw new AnchorageError(
      "unprocessable",
      `${words.name} ended as ${job.state}${job.error === null ? "" : `: ${job.error}`}`,
    );
  return found(job.id);
};

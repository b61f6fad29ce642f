import type { Job } from "../../api/service.ts";

export interface JobContext {
  /** Its own, as its record has it. */
  readonly id: string;
  /** Aborted when the job is cancelled or the service stops; the work then returns or throws soon. */
  readonly signal: AbortSignal;
  /** Whether it was cancelled, and so will not go on later as one whose service stops may. */
  readonly cancelled: () => boolean;
  /** @param detail further progress data; default: unchanged */
  readonly progress: (done: number, total: number, detail?: Job["detail"]) => void;
}

/** Background work that can be watched and cancelled, kept in Postgres. */
export interface Jobs {
  /** Starts `work` now. Its record is `running` until it settles; an error that it throws is kept as `error`. */
  start(kind: string, subject: string, work: (context: JobContext) => Promise<void>): Promise<Job>;
  /** Newest first. */
  list(): Promise<Job[]>;
  /** @throws AnchorageError `not-found`. */
  get(id: string): Promise<Job>;
  /** Asks it to end and waits until it has; a job that has ended already stays as it is. */
  cancel(id: string): Promise<Job>;
  /** Resolves when the job has ended, in whatever way. */
  settled(id: string): Promise<Job>;
  /** Interrupts what runs and waits for it; such a job is `interrupted`, not `cancelled`. */
  close(): Promise<void>;
}

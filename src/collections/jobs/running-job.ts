import { setTimeout as sleep } from "node:timers/promises";
import type { Job, JobState } from "../../api/service.ts";
import { isAnchorageError, messageOf } from "../../errors.ts";
import { HEARTBEAT_MS, type Store, saveJob } from "../../store/index.ts";
import type { Log } from "../../types.ts";
import type { JobContext } from "./types.ts";

/** A job of this process from its start to its last record. */
export interface RunningJob {
  /** As it is now, which its row follows a moment later. */
  record(): Job;
  /** Resolves when its first row is written; rejects where it cannot be, and then the work does not begin. */
  readonly saved: Promise<void>;
  /** Resolves with its last record, never rejects. */
  readonly ended: Promise<Job>;
  /** Aborts its signal and waits for its end, which is in `state` unless the work came to its own end first. */
  stop(state: "cancelled" | "interrupted"): Promise<Job>;
}

const SAVE_EVERY_MS = 250;
const LAST_SAVE_WAITS_MS = [100, 500, 2_000] as const;

export const startJob = (
  store: Store,
  first: Job,
  work: (context: JobContext) => Promise<void>,
  log: Log,
): RunningJob => {
  const controller = new AbortController();
  let record = first;
  let stopState: "cancelled" | "interrupted" | null = null;

  const progress = saver(store, log, () => record);
  const context: JobContext = {
    id: first.id,
    signal: controller.signal,
    cancelled: () => stopState === "cancelled",
    progress: (done, total, detail = record.detail) => {
      if (record.state !== "running") return;
      record = { ...record, done, total, detail, updatedAt: new Date() };
      progress.changed();
    },
  };
  const end = (state: JobState, error: string | null): void => {
    record = { ...record, state, error, updatedAt: new Date() };
  };
  const run = async (): Promise<void> => {
    const heartbeat = setInterval(() => {
      record = { ...record, updatedAt: new Date() };
      progress.changed();
    }, HEARTBEAT_MS);
    try {
      await work(context);
      // Work that was asked to stop may return early instead of throwing.
      end(stopState ?? "done", null);
    } catch (error) {
      if (stopState === null || !isAbort(error, controller.signal))
        log.error(`job ${record.kind} of ${record.subject} failed: ${messageOf(error)}`);
      end(stopState ?? "failed", stopState === null ? messageOf(error) : null);
    } finally {
      clearInterval(heartbeat);
    }
    await progress.stop();
    await saveLast(store, record, log);
  };

  const saved = saveJob(store, first);
  const ended = saved.then(run, (error: unknown) => end("failed", messageOf(error))).then(() => record);
  return {
    record: () => record,
    saved,
    ended,
    stop: (state) => {
      stopState ??= state;
      controller.abort();
      return ended;
    },
  };
};

const isAbort = (error: unknown, signal: AbortSignal): boolean =>
  error === signal.reason ||
  (error instanceof Error && error.name === "AbortError") ||
  (isAnchorageError(error) && error.code === "cancelled");

/** Writes what changed at most every quarter of a second; a failed write is logged once and made up for by the next. */
const saver = (store: Store, log: Log, current: () => Job) => {
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();
  let failing = false;
  const write = async (): Promise<void> => {
    try {
      await saveJob(store, current());
      failing = false;
    } catch (error) {
      if (!failing) log.warn(`the progress of job ${current().kind} could not be saved: ${messageOf(error)}`);
      failing = true;
    }
  };
  return {
    changed: (): void => {
      timer ??= setTimeout(() => {
        timer = null;
        writing = writing.then(write);
      }, SAVE_EVERY_MS);
    },
    stop: async (): Promise<void> => {
      if (timer !== null) clearTimeout(timer);
      await writing;
    },
  };
};

/** Where even this fails, the row stays `running` until this installation starts again and finds it interrupted. */
const saveLast = async (store: Store, record: Job, log: Log): Promise<void> => {
  for (const wait of [...LAST_SAVE_WAITS_MS, null]) {
    try {
      await saveJob(store, record);
      return;
    } catch (error) {
      if (wait === null) log.warn(`the end of job ${record.kind} could not be saved: ${messageOf(error)}`);
      else await sleep(wait);
    }
  }
};

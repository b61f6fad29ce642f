import { randomUUID } from "node:crypto";
import type { Job } from "../../api/service.ts";
import { AnchorageError, notFound } from "../../errors.ts";
import { type Store, interruptJobs, findJob, listJobs } from "../../store/index.ts";
import type { Log } from "../../types.ts";
import { startJob, type RunningJob } from "./running-job.ts";
import type { Jobs } from "./types.ts";

const LISTED = 1_000;

/** The reasons for which a job is stopped. */
const CANCELLED = "cancelled";
const INTERRUPTED = "interrupted";

/**
 * Opens the jobs of `store`, after it has marked as `interrupted` what a dead process left running.
 *
 * A job runs in the process that started it; others see its record and cannot cancel it.
 */
export const openJobs = async (store: Store, log: Log): Promise<Jobs> => {
  await interruptJobs(store);
  const running = new Map<string, RunningJob>();
  let closed = false;

  const stored = async (id: string): Promise<Job> => {
    const record = await findJob(store, id);
    if (record === null) throw notFound("job", id);
    return record;
  };
  const elsewhere = (id: string): AnchorageError =>
    new AnchorageError("conflict", `Job "${id}" runs in another process; ask that one.`);

  return {
    start: async (kind, subject, work) => {
      if (closed) throw new AnchorageError("unavailable", "The service is stopping and starts no jobs.");
      const now = new Date();
      const record: Job = {
        id: randomUUID(),
        kind,
        subject,
        state: "running",
        done: 0,
        total: 0,
        error: null,
        detail: null,
        createdAt: now,
        updatedAt: now,
      };
      const job = startJob(store, record, work, log);
      running.set(record.id, job);
      void job.ended.then(() => running.delete(record.id));
      await job.saved;
      return record;
    },
    list: async () => {
      const records = await listJobs(store, LISTED);
      return records.map((record) => running.get(record.id)?.record() ?? record);
    },
    get: async (id) => running.get(id)?.record() ?? (await stored(id)),
    cancel: async (id) => {
      const job = running.get(id);
      if (job !== undefined) return job.stop(CANCELLED);
      const record = await stored(id);
      if (record.state === "running") throw elsewhere(id);
      return record;
    },
    settled: async (id) => {
      const job = running.get(id);
      if (job !== undefined) return job.ended;
      const record = await stored(id);
      if (record.state === "running") throw elsewhere(id);
      return record;
    },
    close: async () => {
      closed = true;
      await Promise.all([...running.values()].map((job) => job.stop(INTERRUPTED)));
    },
  };
};

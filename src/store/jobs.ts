import { and, desc, eq, lt, or, sql } from "drizzle-orm";
import type { Job } from "../api/service.ts";
import type { Database } from "./database.ts";
import { jobs } from "./schema.ts";

const columns = {
  id: jobs.id,
  kind: jobs.kind,
  subject: jobs.subject,
  state: jobs.state,
  done: jobs.done,
  total: jobs.total,
  error: jobs.error,
  detail: jobs.detail,
  createdAt: jobs.createdAt,
  updatedAt: jobs.updatedAt,
};

/** Interval at which a running job is saved. A job not saved for {@link DEAD_AFTER_MS} has lost its process. */
export const HEARTBEAT_MS = 20_000;
const DEAD_AFTER_MS = 120_000;

/** Inserts or updates a job. */
export const saveJob = async (database: Database, job: Job): Promise<void> => {
  const { id, createdAt, kind, subject, ...changing } = job;
  await database.write((queries) =>
    queries
      .insert(jobs)
      .values({ id, createdAt, kind, subject, owner: database.installation, ...changing })
      .onConflictDoUpdate({ target: jobs.id, set: { owner: database.installation, ...changing } }),
  );
};

/** Lists the newest jobs first, at most `limit`. */
export const listJobs = (database: Database, limit: number): Promise<Job[]> =>
  database.query((queries) =>
    queries.select(columns).from(jobs).orderBy(desc(jobs.createdAt), desc(jobs.id)).limit(limit),
  );

/** Finds a job by id; null if there is none. */
export const findJob = async (database: Database, id: string): Promise<Job | null> => {
  const [job] = await database.query((queries) => queries.select(columns).from(jobs).where(eq(jobs.id, id)));
  return job ?? null;
};

/**
 * Marks jobs of dead processes as `interrupted`: all running jobs of this installation, and running jobs of any
 * installation that have not been saved for two minutes.
 *
 * Only one process holds a DATA_DIR, so at startup the running jobs of its installation belong to a dead process. Jobs
 * of other live processes on the same database are not affected.
 */
export const interruptJobs = async (database: Database): Promise<void> => {
  const lastSign = new Date(Date.now() - DEAD_AFTER_MS);
  await database.query((queries) =>
    queries
      .update(jobs)
      .set({ state: "interrupted", updatedAt: sql`now()` })
      .where(
        and(
          eq(jobs.state, "running"),
          or(eq(jobs.owner, database.installation), lt(jobs.updatedAt, lastSign)),
        ),
      ),
  );
};

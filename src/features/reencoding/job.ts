import type { Core } from "../../collections/index.ts";
import type { ReencodeRequest } from "../../collections/index.ts";
import { messageOf } from "../../errors.ts";
import { type JobRecord, listJobs } from "../../store/index.ts";
import { createSoleJobs } from "../../collections/sole-job.ts";
import type { CollectionName, Log } from "../../types.ts";

const KIND = "reencode";
const JOBS_LOOKED_AT = 10_000;

type Services = Pick<Core, "collections" | "jobs">;

/** Starts moves to other encoders, one at a time for each collection. */
export const createReencodeJobs = ({ collections, jobs }: Services) =>
  createSoleJobs<ReencodeRequest>(jobs, KIND, (name, request) =>
    collections.planReencoding(name as CollectionName, request),
  );

/**
 * Goes on with the moves that a stopped or killed service left, or that failed for a while, but not with one that another
 * process is at.
 */
export const resumeReencodings = async (
  { collections, jobs, store }: Services & Pick<Core, "store">,
  log: Log,
): Promise<void> => {
  const start = createSoleJobs<undefined>(jobs, KIND, (name) =>
    collections.resumeReencoding(name as CollectionName),
  );
  const unfinished = await collections.unfinishedReencodings();
  const known = unfinished.length === 0 ? [] : await listJobs(store, JOBS_LOOKED_AT);
  for (const name of unfinished) {
    const last = known.find((job: JobRecord) => job.kind === KIND && job.subject === name);
    if (last?.state === "running") continue;
    log(`collection ${name}: going on with its move to other encoders`);
    await start(name, undefined).catch((error: unknown) =>
      log(`collection ${name}: its move to other encoders does not go on: ${messageOf(error)}`),
    );
  }
};

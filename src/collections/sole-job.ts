import type { Job } from "../api/service.ts";
import { AnchorageError } from "../errors.ts";
import type { JobContext, Jobs } from "./jobs/index.ts";

/**
 * Makes a function that starts jobs of one kind, one at a time for each subject.
 *
 * It throws `conflict` where such a job runs already, here or in another process on the same Postgres, and what `plan`
 * throws; nothing is started then.
 *
 * @param plan checks the request, and returns what the job does
 */
export const createSoleJobs = <Request, Subject extends string = string>(
  jobs: Jobs,
  kind: string,
  plan: (subject: Subject, request: Request) => Promise<(context: JobContext) => Promise<unknown>>,
): ((subject: Subject, request: Request) => Promise<Job>) => {
  const starting = new Set<Subject>();
  const refuse = (subject: Subject): never => {
    throw new AnchorageError("conflict", `A job "${kind}" of "${subject}" is running already.`);
  };
  return async (subject, request) => {
    if (starting.has(subject)) refuse(subject);
    starting.add(subject);
    try {
      const known = await jobs.list();
      const isSame = (job: Job): boolean =>
        job.kind === kind && job.subject === subject && job.state === "running";
      if (known.some(isSame)) refuse(subject);
      const work = await plan(subject, request);
      return await jobs.start(kind, subject, async (context) => {
        await work(context);
      });
    } finally {
      starting.delete(subject);
    }
  };
};

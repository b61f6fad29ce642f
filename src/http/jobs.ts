import type { Context } from "hono";
import { job, jobList, jobPath, type Job } from "../api/service.ts";
import type { Core } from "../collections/index.ts";
import { notFound } from "../errors.ts";
import { maySee } from "./access.ts";
import { jsonEndpoint, readPath, type Routes } from "./endpoint.ts";

const tags = ["jobs"];

export const addJobs = ({ app }: Routes, { jobs }: Pick<Core, "jobs">): void => {
  /** @throws AnchorageError `not-found`, also where the caller may not see its collection */
  const visibleJob = async (c: Context): Promise<Job> => {
    const { id } = readPath(c, jobPath);
    const found = await jobs.get(id);
    if (!maySee(c.get("caller"), found.subject)) throw notFound("job", id);
    return found;
  };

  jsonEndpoint(
    app,
    {
      method: "get",
      path: "/v1/jobs",
      tags,
      everywhere: true,
      operationId: "listJobs",
      summary: "List background work",
      answer: { description: "Newest first.", schema: jobList },
      problems: [503],
    },
    async (c) => {
      const caller = c.get("caller");
      return { jobs: (await jobs.list()).filter(({ subject }) => maySee(caller, subject)) };
    },
  );

  jsonEndpoint(
    app,
    {
      method: "get",
      path: "/v1/jobs/{id}",
      tags,
      everywhere: true,
      operationId: "getJob",
      summary: "Look at a job",
      request: { params: jobPath },
      answer: { description: "The job.", schema: job },
      problems: [400, 404, 503],
    },
    (c) => visibleJob(c),
  );

  jsonEndpoint(
    app,
    {
      method: "delete",
      path: "/v1/jobs/{id}",
      tags,
      scope: "write",
      everywhere: true,
      operationId: "cancelJob",
      summary: "Cancel a job",
      request: { params: jobPath },
      answer: { description: "As it ended; a job that had ended already stays as it was.", schema: job },
      problems: [400, 404, 503],
    },
    async (c) => jobs.cancel((await visibleJob(c)).id),
  );
};

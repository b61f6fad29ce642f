import type { Core } from "../collections/index.ts";
import { jsonEndpoint, readPath, type Routes } from "./endpoint.ts";
import { job, jobList, jobPath } from "../api/service.ts";

const tags = ["jobs"];

export const addJobs = ({ app }: Routes, { jobs }: Pick<Core, "jobs">): void => {
  jsonEndpoint(
    app,
    {
      method: "get",
      path: "/v1/jobs",
      tags,
      operationId: "listJobs",
      summary: "List background work",
      answer: { description: "Newest first.", schema: jobList },
      problems: [503],
    },
    async () => ({ jobs: await jobs.list() }),
  );

  jsonEndpoint(
    app,
    {
      method: "get",
      path: "/v1/jobs/{id}",
      tags,
      operationId: "getJob",
      summary: "Look at a job",
      request: { params: jobPath },
      answer: { description: "The job.", schema: job },
      problems: [400, 404, 503],
    },
    (c) => jobs.get(readPath(c, jobPath).id),
  );

  jsonEndpoint(
    app,
    {
      method: "delete",
      path: "/v1/jobs/{id}",
      tags,
      operationId: "cancelJob",
      summary: "Cancel a job",
      request: { params: jobPath },
      answer: { description: "As it ended; a job that had ended already stays as it was.", schema: job },
      problems: [400, 404, 503],
    },
    (c) => jobs.cancel(readPath(c, jobPath).id),
  );
};

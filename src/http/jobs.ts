import type { Core } from "../collections/index.ts";
import { answerJson, endpoint, jsonOf, problems, readPath, type Routes } from "./endpoint.ts";
import { job, jobList, jobPath } from "../api/service.ts";

const tags = ["jobs"];

export const addJobs = ({ app }: Routes, { jobs }: Pick<Core, "jobs">): void => {
  endpoint(
    app,
    {
      method: "get",
      path: "/v1/jobs",
      tags,
      operationId: "listJobs",
      summary: "List background work",
      responses: { 200: jsonOf("Newest first.", jobList), ...problems(503) },
    },
    async (c) => answerJson(c, { jobs: await jobs.list() }),
  );

  endpoint(
    app,
    {
      method: "get",
      path: "/v1/jobs/{id}",
      tags,
      operationId: "getJob",
      summary: "Look at a job",
      request: { params: jobPath },
      responses: { 200: jsonOf("The job.", job), ...problems(400, 404, 503) },
    },
    async (c) => answerJson(c, await jobs.get(readPath(c, jobPath).id)),
  );

  endpoint(
    app,
    {
      method: "delete",
      path: "/v1/jobs/{id}",
      tags,
      operationId: "cancelJob",
      summary: "Cancel a job",
      request: { params: jobPath },
      responses: {
        200: jsonOf("As it ended; a job that had ended already stays as it was.", job),
        ...problems(400, 404, 503),
      },
    },
    async (c) => answerJson(c, await jobs.cancel(readPath(c, jobPath).id)),
  );
};

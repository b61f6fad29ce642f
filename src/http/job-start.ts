import type { z } from "@hono/zod-openapi";
import { collectionParams } from "../api/collections.ts";
import { job, type Job } from "../api/service.ts";
import type { CollectionName } from "../types.ts";
import type { Scope } from "./access.ts";
import { readJsonBody } from "./body.ts";
import { jsonBody, jsonEndpoint, readPath, type Routes } from "./endpoint.ts";

/** Background work on one collection, started by `POST /v1/collections/{collection}/<path>`. */
export interface JobStart<Request extends z.ZodType> {
  readonly path: string;
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  /** What the answer is, and where the result will be. */
  readonly started: string;
  readonly request: Request;
  /** What a key must allow to start it; absent: `write`. */
  readonly scope?: Scope;
  readonly start: (collection: CollectionName, request: z.output<Request>) => Promise<Job>;
}

/**
 * Adds the endpoint that starts a job: it answers 202 with the job and its address in `Location`.
 *
 * @example
 * ```ts
 * addJobStart(routes, {
 *   path: "tune",
 *   operationId: "tune",
 *   tags: ["tuning"],
 *   summary: "Find a collection's settings, in the background",
 *   description: "409 where the collection is being tuned.",
 *   started: "The job; when it is done `GET` shows what was found.",
 *   request: tuneRequest,
 *   start: tunings.start,
 * });
 * ```
 */
export const addJobStart = <Request extends z.ZodType>(
  { app, bodyLimit }: Routes,
  {
    path,
    operationId,
    tags,
    summary,
    description,
    started,
    request,
    scope = "write",
    start,
  }: JobStart<Request>,
): void =>
  jsonEndpoint(
    app,
    {
      method: "post",
      path: `/v1/collections/{collection}/${path}`,
      scope,
      tags: [...tags],
      operationId,
      summary,
      description,
      request: { params: collectionParams, ...jsonBody(request) },
      answer: { description: started, schema: job, status: 202 },
      problems: [400, 404, 409, 413, 415, 422, 503],
    },
    async (c) => {
      const { collection } = readPath(c, collectionParams);
      const record = await start(collection, await readJsonBody(c, request, bodyLimit));
      c.header("Location", `/v1/jobs/${record.id}`);
      return record;
    },
  );

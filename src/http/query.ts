import type { z } from "@hono/zod-openapi";
import { collectionParams } from "../api/collections.ts";
import type { CollectionName } from "../types.ts";
import { readJsonBody } from "./body.ts";
import { answerJson, endpoint, jsonBody, jsonOf, problems, readPath, type Routes } from "./endpoint.ts";

/** A read-only question to one collection, `POST /v1/collections/{collection}/<name>`. */
export interface Query<Request extends z.ZodType, Answer extends z.ZodType> {
  /** The last part of its path, and its operation in the OpenAPI document. */
  readonly name: string;
  readonly summary: string;
  /** Whether it may be answered with 409. */
  readonly conflicts?: true;
  readonly request: Request;
  readonly answer: Answer;
  readonly run: (collection: CollectionName, request: z.output<Request>) => Promise<z.output<Answer>>;
}

/** Adds the endpoint of a query. */
export const addQuery = <Request extends z.ZodType, Answer extends z.ZodType>(
  { app, bodyLimit }: Routes,
  { name, summary, conflicts, request, answer, run }: Query<Request, Answer>,
): void =>
  endpoint(
    app,
    {
      method: "post",
      path: `/v1/collections/{collection}/${name}`,
      tags: ["queries"],
      operationId: name,
      summary,
      request: { params: collectionParams, ...jsonBody(request) },
      responses: {
        200: jsonOf("Computed at the sequence that it names.", answer),
        ...problems(400, 404, ...(conflicts ? ([409] as const) : []), 413, 415, 422, 503),
      },
    },
    async (c) => {
      const { collection } = readPath(c, collectionParams);
      return answerJson(c, await run(collection, await readJsonBody(c, request, bodyLimit)));
    },
  );

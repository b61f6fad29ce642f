import type { z } from "@hono/zod-openapi";
import { classifySchemas } from "../api/classify-fields.ts";
import { collectionParams } from "../api/collections.ts";
import { facetsAnswer, facetsRequest } from "../api/facets.ts";
import {
  relativeAnswer,
  relativeRequest,
  searchBody,
  searchBodyAnswer,
  similarityAnswer,
  similarityRequest,
} from "../api/queries.ts";
import type { Core } from "../collections/index.ts";
import type { CollectionName } from "../types.ts";
import { parseWith, readJsonBody } from "./body.ts";
import type { DirectQuery } from "./direct-queries.ts";
import { jsonBody, readPath, uncheckedJsonEndpoint, type Known, type Routes } from "./endpoint.ts";

/** A read-only query of one collection, `POST /v1/collections/{collection}/<name>`. */
export interface Query<Request extends z.ZodType, Answer extends z.ZodType, Value extends z.output<Answer>> {
  /** The last part of its path, and its operation in the OpenAPI document. */
  readonly name: string;
  readonly summary: string;
  /** Whether it may be answered with 409. */
  readonly conflicts?: true;
  readonly request: Request;
  readonly answer: Answer;
  readonly run: (collection: CollectionName, request: z.output<Request>) => Promise<Known<Value, Answer>>;
}

/**
 * Adds the endpoint of a query.
 *
 * @example
 * ```ts
 * addQuery(routes, {
 *   name: "count",
 *   summary: "Count the anchors",
 *   request: z.strictObject({}),
 *   answer: z.strictObject({ anchors: z.int() }),
 *   run: async (name, request) => ({ anchors: (await core.collections.queried(name, request)).view.size }),
 * });
 * ```
 */
export const addQuery = <
  Request extends z.ZodType,
  Answer extends z.ZodType,
  const Value extends z.output<Answer>,
>(
  { app, bodyLimit }: Routes,
  { name, summary, conflicts, request, answer, run }: Query<Request, Answer, Value>,
): void =>
  uncheckedJsonEndpoint(
    app,
    {
      method: "post",
      path: `/v1/collections/{collection}/${name}`,
      tags: ["queries"],
      scope: "read",
      operationId: name,
      summary,
      request: { params: collectionParams, ...jsonBody(request) },
      answer: { description: "Computed at the sequence that it names.", schema: answer },
      problems: [400, 404, ...(conflicts ? ([409] as const) : []), 413, 415, 422, 503],
    },
    async (c) => {
      const { collection } = readPath(c, collectionParams);
      return run(collection, await readJsonBody(c, request, bodyLimit));
    },
  );

const searchQuery = ({ collections }: QueriedCore) =>
  queryOf({
    name: "search",
    summary:
      "Find the anchors that are most like a text, an image, a vector or an anchor, or like each of several",
    request: searchBody,
    answer: searchBodyAnswer,
    run: async (collection, request) =>
      "queries" in request
        ? collections.searchMany(collection, request)
        : collections.search(collection, request),
  });

const facetsQuery = ({ collections }: QueriedCore) =>
  queryOf({
    name: "facets",
    summary: "Count anchors by the values of metadata keys",
    request: facetsRequest,
    answer: facetsAnswer,
    run: (collection, request) => collections.facets(collection, request),
  });

type QueriedCore = Pick<Core, "collections">;

const queryOf = <Request extends z.ZodType, Answer extends z.ZodType, const Value extends z.output<Answer>>(
  query: Query<Request, Answer, Value>,
): Query<Request, Answer, Value> => query;

const direct = <Request extends z.ZodType, Answer extends z.ZodType, Value extends z.output<Answer>>({
  name,
  request,
  run,
}: Query<Request, Answer, Value>): DirectQuery => ({
  name,
  answer: (collection, body) => run(collection, parseWith(request, body)),
});

/** The queries that are answered without the framework. */
export const directQueries = (core: QueriedCore): readonly DirectQuery[] => [
  direct(searchQuery(core)),
  direct(facetsQuery(core)),
];

/** Adds the queries of the core. */
export const addQueries = (routes: Routes, core: QueriedCore): void => {
  const { collections } = core;
  addQuery(routes, searchQuery(core));
  addQuery(routes, facetsQuery(core));
  addQuery(routes, {
    name: "relative",
    summary:
      "Relative representations: similarities to the nearest anchors, the same space for both modalities",
    request: relativeRequest,
    answer: relativeAnswer,
    run: (collection, request) => collections.relative(collection, request),
  });
  addQuery(routes, {
    name: "similarity",
    summary: "Score images against texts",
    request: similarityRequest,
    answer: similarityAnswer,
    run: (collection, request) => collections.similarity(collection, request),
  });
  addQuery(routes, {
    name: "classify",
    summary: "Classify images without training, and say which anchors decided it",
    conflicts: true,
    ...classifySchemas(collections.hooks.fields),
    run: (collection, request) => collections.classify(collection, request),
  });
};

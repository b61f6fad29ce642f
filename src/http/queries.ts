import type { OpenAPIHono, z } from "@hono/zod-openapi";
import type { RelativeRequest } from "../collections/index.ts";
import { invalidField } from "../errors.ts";
import type { CollectionName } from "../types.ts";
import { readJson } from "./body.ts";
import { answerJson, endpoint, jsonBody, jsonOf, problems, readPath, type Service } from "./endpoint.ts";
import { linked, withLinks } from "./links.ts";
import { collectionPath } from "../api/collections.ts";
import { coverageAnswer, coverageRequest } from "../features/coverage/api.ts";
import { counterfactualAnswer, counterfactualRequest } from "../features/counterfactual/api.ts";
import { influenceAnswer, influenceRequest } from "../features/influence/api.ts";
import {
  classifyAnswer,
  classifyRequest,
  relativeAnswer,
  relativeRequest,
  searchAnswer,
  searchRequest,
  similarityAnswer,
  similarityRequest,
} from "../api/queries.ts";

/** Entries of all representations in one answer. */
const MAX_KEPT = 2_000_000;

interface Query<Request> {
  readonly name:
    "search" | "relative" | "similarity" | "classify" | "counterfactual" | "influence" | "coverage";
  readonly summary: string;
  /** Whether it may be answered with 409. */
  readonly conflicts?: true;
  readonly request: z.ZodType<Request>;
  readonly answer: z.ZodType;
  readonly run: (collection: CollectionName, request: Request) => Promise<unknown>;
}

export const addQueries = (app: OpenAPIHono, { anchorage, bodyLimit }: Service): void => {
  const { collections } = anchorage;

  const add = <Request>({ name, summary, conflicts, request, answer, run }: Query<Request>): void =>
    endpoint(
      app,
      {
        method: "post",
        path: `/v1/collections/{collection}/${name}`,
        tags: ["queries"],
        operationId: name,
        summary,
        request: { params: collectionPath, ...jsonBody(request) },
        responses: {
          200: jsonOf("Computed at the sequence that it names.", answer),
          ...problems(400, 404, ...(conflicts ? ([409] as const) : []), 413, 415, 422, 503),
        },
      },
      async (c) => {
        const { collection } = readPath(c, collectionPath);
        return answerJson(c, await run(collection, await readJson(c, request, bodyLimit)));
      },
    );

  const checkKept = async (collection: CollectionName, { inputs, k }: RelativeRequest): Promise<void> => {
    const { asif, anchorCount } = await collections.get(collection);
    const kept = inputs.length * Math.min(k ?? asif.k, anchorCount);
    if (kept > MAX_KEPT) {
      throw invalidField("inputs", `times k would give ${kept} values; at most ${MAX_KEPT} are sent at once`);
    }
  };

  add({
    name: "search",
    summary: "Find the anchors that are most like a text, an image, a vector or an anchor",
    request: searchRequest,
    answer: searchAnswer,
    run: (collection, request) => collections.search(collection, request),
  });
  add({
    name: "relative",
    summary:
      "Relative representations: similarities to the nearest anchors, the same space for both modalities",
    request: relativeRequest,
    answer: relativeAnswer,
    run: async (collection, request) => {
      await checkKept(collection, request);
      return collections.relative(collection, request);
    },
  });
  add({
    name: "similarity",
    summary: "Score images against texts",
    request: similarityRequest,
    answer: similarityAnswer,
    run: (collection, request) => collections.similarity(collection, request),
  });
  add({
    name: "classify",
    summary: "Classify images without training, and say which anchors decided it",
    conflicts: true,
    request: classifyRequest,
    answer: classifyAnswer,
    run: async (collection, request) => {
      const answer = await collections.classify(collection, request);
      return { ...answer, results: answer.results.map((result) => withLinks(collection, result)) };
    },
  });
  add({
    name: "counterfactual",
    summary: "Classify as if some anchors were not there, or others were; nothing is written",
    request: counterfactualRequest,
    answer: counterfactualAnswer,
    run: async (collection, request) => {
      const answer = await collections.counterfactual(collection, request);
      const results = answer.results.map(({ before, after, ...rest }) => ({
        before: withLinks(collection, before),
        after: withLinks(collection, after),
        ...rest,
      }));
      return { ...answer, results };
    },
  });
  add({
    name: "influence",
    summary: "Find the anchors that, taken away one at a time, change the most answers",
    request: influenceRequest,
    answer: influenceAnswer,
    run: async (collection, request) => {
      const answer = await collections.influence(collection, request);
      return { ...answer, anchors: linked(collection, answer.anchors) };
    },
  });
  add({
    name: "coverage",
    summary: "Say how well the anchors support each class, which will be confused, and which pairs to add",
    request: coverageRequest,
    answer: coverageAnswer,
    run: (collection, request) => collections.coverage(collection, request),
  });
};

import { collectionParams } from "../../api/collections.ts";
import { addJobStart, jsonEndpoint, readPath, type Routes } from "../../http/index.ts";
import { evaluateRequest, evaluation } from "./api.ts";
import type { Evaluations } from "./evaluations.ts";

const tags = ["tuning"];

export const addEvaluation = (routes: Routes, evaluations: Evaluations): void => {
  addJobStart(routes, {
    path: "evaluate",
    operationId: "evaluate",
    tags,
    summary: "Measure how right a collection's answers are on its own anchors, in the background",
    description:
      "Anchors are held out in five parts and their images asked for their classes, by the collection's settings and by " +
      "50, 100, 200 and so on of the other anchors, and by all: whether more anchors would help, which classes are " +
      "right how often, and which are taken for which. 409 where the collection is being evaluated; 422 where `classes` " +
      "are held out of fewer than 20, or `images` of fewer than two classes of two anchors.",
    started: "The job; when it is done `GET` shows what was measured.",
    request: evaluateRequest,
    start: evaluations.start,
  });

  jsonEndpoint(
    routes.app,
    {
      method: "get",
      path: "/v1/collections/{collection}/evaluate",
      tags,
      operationId: "getEvaluation",
      summary: "See what the last evaluation measured",
      description:
        "It is kept in memory until the service stops, because it holds names of classes. Classes that no anchor is of " +
        "any more are left out.",
      request: { params: collectionParams },
      answer: { description: "The last one since the service started.", schema: evaluation },
      problems: [400, 404, 503],
    },
    (c) => evaluations.get(readPath(c, collectionParams).collection),
  );
};

import { collectionParams } from "../../api/collections.ts";
import { addJobStart, jsonEndpoint, readPath, type Routes } from "../../http/index.ts";
import { tuneRequest, tuning } from "./api.ts";
import type { Tunings } from "./tunings.ts";

const tags = ["tuning"];

export const addTuning = (routes: Routes, tunings: Tunings): void => {
  addJobStart(routes, {
    path: "tune",
    operationId: "tune",
    tags,
    summary: "Find a collection's settings by cross-validation on its own anchors, in the background",
    description:
      "Classes (anchors of one caption) are held out with all their anchors, and each image is asked for its class among " +
      "those held out with it: a coarse grid over k and p for each transform, a finer one around the best, then the " +
      "other methods. No labels are needed. 409 where the collection is being tuned; 422 where its anchors have fewer " +
      "than 20 classes.",
    started: "The job; when it is done `GET` shows what was found.",
    request: tuneRequest,
    start: tunings.start,
  });

  jsonEndpoint(
    routes.app,
    {
      method: "get",
      path: "/v1/collections/{collection}/tune",
      tags,
      operationId: "getTuning",
      summary: "See what tuning found last, and all that it tried",
      request: { params: collectionParams },
      answer: { description: "The last tuning that came to its end.", schema: tuning },
      problems: [400, 404, 503],
    },
    (c) => tunings.get(readPath(c, collectionParams).collection),
  );
};

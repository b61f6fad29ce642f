import { collectionParams } from "../../api/collections.ts";
import { addJobStart, jsonEndpoint, readPath, type Routes } from "../../http/index.ts";
import { check, checkRequest } from "./api.ts";
import type { Checks } from "./checks.ts";

const tags = ["health"];

export const addChecks = (routes: Routes, checks: Checks): void => {
  addJobStart(routes, {
    path: "check",
    operationId: "check",
    tags,
    summary: "Look for what is wrong with a collection's anchors, in the background",
    description:
      "Finds pairs that are there twice, one picture with several captions, one caption in several spellings, pairs whose " +
      "picture and caption disagree, anchors without which more questions are answered right, outliers, captions that " +
      "many share, and classes with few anchors. Nothing is changed. All searches are exact. 409 where the collection " +
      "is being checked. A check that a stop of the service interrupts begins again at the next start.",
    started: "The job; when it is done `GET` shows what was found.",
    request: checkRequest,
    start: checks.start,
  });

  jsonEndpoint(
    routes.app,
    {
      method: "get",
      path: "/v1/collections/{collection}/check",
      tags,
      operationId: "getCheck",
      summary: "See what the last check of a collection found",
      description:
        "`current` is false once an anchor was written or deleted. Findings with a deleted anchor are left out at once; " +
        "the next compaction erases the whole result, since it names anchors.",
      request: { params: collectionParams },
      answer: { description: "The last check that came to its end.", schema: check },
      problems: [400, 404, 503],
    },
    async (c) => checks.get(readPath(c, collectionParams).collection),
  );
};

import type { Core } from "../../collections/index.ts";
import type { TuneRequest } from "../../collections/index.ts";
import { createSoleJobs } from "../../collections/sole-job.ts";
import type { CollectionName } from "../../types.ts";
import { readJson } from "../../http/body.ts";
import {
  answerJson,
  endpoint,
  jsonBody,
  jsonOf,
  problems,
  readPath,
  type Routes,
} from "../../http/endpoint.ts";
import { collectionPath } from "../../api/collections.ts";
import { job } from "../../api/service.ts";
import { tuneRequest, tuning } from "./api.ts";

const tags = ["tuning"];
const path = "/v1/collections/{collection}/tune";

export const addTuning = ({ app, bodyLimit }: Routes, { collections, jobs }: Core): void => {
  const start = createSoleJobs<TuneRequest>(jobs, "tune", (name, request) =>
    collections.planTuning(name as CollectionName, request),
  );

  endpoint(
    app,
    {
      method: "post",
      path,
      tags,
      operationId: "tune",
      summary: "Find a collection's settings by cross-validation on its own anchors, in the background",
      description:
        "Classes (anchors of one caption) are held out with all their anchors, and each image is asked for its class among " +
        "those held out with it: a coarse grid over k and p for each transform, a finer one around the best, then the " +
        "other methods. No labels are needed. 409 where the collection is being tuned; 422 where its anchors have fewer " +
        "than 20 classes.",
      request: { params: collectionPath, ...jsonBody(tuneRequest) },
      responses: {
        202: jsonOf("The job; when it is done `GET` shows what was found.", job),
        ...problems(400, 404, 409, 413, 415, 422, 503),
      },
    },
    async (c) => {
      const { collection } = readPath(c, collectionPath);
      const started = await start(collection, await readJson(c, tuneRequest, bodyLimit));
      c.header("Location", `/v1/jobs/${started.id}`);
      return answerJson(c, started, 202);
    },
  );

  endpoint(
    app,
    {
      method: "get",
      path,
      tags,
      operationId: "getTuning",
      summary: "See what tuning found last, and all that it tried",
      request: { params: collectionPath },
      responses: {
        200: jsonOf("The last tuning that came to its end.", tuning),
        ...problems(400, 404, 503),
      },
    },
    async (c) => {
      const { collection } = readPath(c, collectionPath);
      return answerJson(c, await collections.getTuning(collection));
    },
  );
};

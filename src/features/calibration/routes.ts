import type { Core } from "../../collections/index.ts";
import type { CalibrateRequest } from "../../collections/index.ts";
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
import { calibrateRequest, calibrationList } from "./api.ts";
import { collectionPath } from "../../api/collections.ts";
import { job } from "../../api/service.ts";

const tags = ["tuning"];
const path = "/v1/collections/{collection}";

export const addCalibration = ({ app, bodyLimit }: Routes, { collections, jobs }: Core): void => {
  const start = createSoleJobs<CalibrateRequest>(jobs, "calibrate", (name, request) =>
    collections.planCalibration(name as CollectionName, request),
  );

  endpoint(
    app,
    {
      method: "post",
      path: `${path}/calibrate`,
      tags,
      operationId: "calibrate",
      summary: "Measure how sure classifications may be, in the background",
      description:
        "Classes (anchors of one caption) are held out with all their anchors and asked for by their images. On one half " +
        "of them a temperature is fitted, for ever more classes; on the other it is measured, and thresholds for " +
        "abstaining and for prediction sets are taken. It holds for classes that the anchors do not show, described as the " +
        "anchors are and pictured as theirs; other classes and images may be easier or harder. Deleting anchors and " +
        "`compact` remove calibrations that were measured with them. 409 where one is being made; 422 where the anchors " +
        "have fewer than 20 classes.",
      request: { params: collectionPath, ...jsonBody(calibrateRequest) },
      responses: {
        202: jsonOf("The job; when it is done `GET .../calibrations` shows what was measured.", job),
        ...problems(400, 404, 409, 413, 415, 422, 503),
      },
    },
    async (c) => {
      const { collection } = readPath(c, collectionPath);
      const started = await start(collection, await readJson(c, calibrateRequest, bodyLimit));
      c.header("Location", `/v1/jobs/${started.id}`);
      return answerJson(c, started, 202);
    },
  );

  endpoint(
    app,
    {
      method: "get",
      path: `${path}/calibrations`,
      tags,
      operationId: "listCalibrations",
      summary: "See what was measured of how sure classifications may be",
      request: { params: collectionPath },
      responses: {
        200: jsonOf("The last one for each method and its settings.", calibrationList),
        ...problems(400, 404, 503),
      },
    },
    async (c) => {
      const { collection } = readPath(c, collectionPath);
      return answerJson(c, { calibrations: await collections.listCalibrations(collection) });
    },
  );
};

import { collectionParams } from "../../api/collections.ts";
import { addJobStart, jsonEndpoint, readPath, type Routes } from "../../http/index.ts";
import { calibrateRequest, calibrationList } from "./api.ts";
import type { Calibrations } from "./calibrations.ts";

const tags = ["tuning"];

export const addCalibration = (routes: Routes, calibrations: Calibrations): void => {
  addJobStart(routes, {
    path: "calibrate",
    operationId: "calibrate",
    tags,
    summary: "Measure how sure classifications may be, in the background",
    description:
      "Classes (anchors of one caption) are held out with all their anchors and asked for by their images. On one half " +
      "of them a temperature is fitted, for ever more classes; on the other it is measured, and thresholds for " +
      "abstaining and for prediction sets are taken. It holds for classes that the anchors do not show, described as the " +
      "anchors are and pictured as theirs; other classes and images may be easier or harder. Deleting anchors and " +
      "`compact` remove calibrations that were measured with them. 409 where one is being made; 422 where the anchors " +
      "have fewer than 20 classes.",
    started: "The job; when it is done `GET .../calibrations` shows what was measured.",
    request: calibrateRequest,
    start: calibrations.start,
  });

  jsonEndpoint(
    routes.app,
    {
      method: "get",
      path: "/v1/collections/{collection}/calibrations",
      tags,
      operationId: "listCalibrations",
      summary: "See what was measured of how sure classifications may be",
      request: { params: collectionParams },
      answer: { description: "The last one for each method and its settings.", schema: calibrationList },
      problems: [400, 404, 503],
    },
    async (c) => ({ calibrations: await calibrations.list(readPath(c, collectionParams).collection) }),
  );
};

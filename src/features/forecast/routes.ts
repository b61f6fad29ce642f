import { collectionParams } from "../../api/collections.ts";
import { addJobStart, jsonEndpoint, readPath, type Routes } from "../../http/index.ts";
import { forecast, forecastRequest } from "./api.ts";
import type { Forecasts } from "./forecasts.ts";

const tags = ["tuning"];

export const addForecasts = (routes: Routes, forecasts: Forecasts): void => {
  addJobStart(routes, {
    path: "forecast",
    operationId: "forecast",
    tags,
    summary: "Forecast the error of a collection with more anchors, in the background",
    description:
      "Classes are held out in five parts and asked about by ever more of the other anchors, to 1/32 of them or 250. A curve " +
      "through the errors forecasts them at two and four times the anchors, with an interval, a back-test, and the error " +
      "that would stay. More anchors are random ones like those that are there. 409 where a forecast is being made; 422 where the " +
      "anchors have fewer than 20 classes, fewer than 2,000 are left beside those held out, or `target` is outside (0, 1). A " +
      "forecast that a stop of the service interrupts goes on where it was at the next start.",
    started: "The job; when it is done `GET` shows the forecast.",
    request: forecastRequest,
    start: forecasts.start,
  });

  jsonEndpoint(
    routes.app,
    {
      method: "get",
      path: "/v1/collections/{collection}/forecast",
      tags,
      operationId: "getForecast",
      summary: "See the last forecast of a collection",
      description:
        "`current` is false once an anchor was written. Deleting anchors removes a forecast that was measured with them.",
      request: { params: collectionParams },
      answer: { description: "The last forecast that came to its end.", schema: forecast },
      problems: [400, 404, 503],
    },
    async (c) => forecasts.get(readPath(c, collectionParams).collection),
  );
};

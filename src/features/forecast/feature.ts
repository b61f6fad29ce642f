import type { Feature } from "../feature.ts";
import { createForecasts } from "./forecasts.ts";
import { addForecasts } from "./routes.ts";
import { forgetMeasured, removeMeasured } from "./table.ts";

/** Forecasts of the error with more anchors. */
export const forecastFeature: Feature = {
  name: "forecast",
  open: (core) => {
    const forecasts = createForecasts(core);
    return Promise.resolve({
      routes: (routes) => addForecasts(routes, forecasts),
      onDelete: removeMeasured,
      forget: (collection, sequence) => forgetMeasured(core.store, collection, sequence),
      onMove: removeMeasured,
      resume: forecasts.resume,
    });
  },
};

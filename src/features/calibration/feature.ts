import type { Feature } from "../feature.ts";
import { addCalibration } from "./routes.ts";
import { removeCalibrations } from "./table.ts";

/** Probabilities, abstaining and prediction sets for classifications. */
export const calibration: Feature = {
  name: "calibration",
  open: (core) =>
    Promise.resolve({
      routes: (routes) => addCalibration(routes, core),
      forget: async (collection, sequence) => {
        await removeCalibrations(core.store, collection, sequence);
      },
    }),
};

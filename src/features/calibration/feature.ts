import type { Feature } from "../feature.ts";
import { addCalibration } from "./routes.ts";

/** Probabilities, abstaining and prediction sets for classifications. */
export const calibration: Feature = {
  name: "calibration",
  open: (core) => Promise.resolve({ routes: (routes) => addCalibration(routes, core) }),
};

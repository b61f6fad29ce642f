import type { Feature } from "../feature.ts";
import { createCalibrations } from "./calibrations.ts";
import { classifySurely, sureFields } from "./fields.ts";
import { addCalibration } from "./routes.ts";
import { removeAllCalibrations, removeCalibrations } from "./table.ts";

/** Probabilities, abstaining and prediction sets for classifications. */
export const calibrationFeature: Feature = {
  name: "calibration",
  open: (core) => {
    const calibrations = createCalibrations(core);
    return Promise.resolve({
      routes: (routes) => addCalibration(routes, calibrations),
      fields: sureFields,
      classify: classifySurely(calibrations),
      forget: (collection, sequence) => removeCalibrations(core.store, collection, sequence),
      onMove: removeAllCalibrations,
    });
  },
};

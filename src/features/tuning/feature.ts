import type { Feature } from "../feature.ts";
import { addTuning } from "./routes.ts";
import { removeTuning } from "./table.ts";
import { createTunings } from "./tunings.ts";

/** Searches for better settings of a collection by cross-validation on its own anchors. */
export const tuningFeature: Feature = {
  name: "tuning",
  open: (core) => {
    const tunings = createTunings(core);
    return Promise.resolve({ routes: (routes) => addTuning(routes, tunings), onMove: removeTuning });
  },
};

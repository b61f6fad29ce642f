import type { Feature } from "../feature.ts";
import { addTuning } from "./routes.ts";
import { removeTuning } from "./table.ts";
import { createTunings } from "./tunings.ts";

/** Better settings for a collection, found by cross-validation on its own anchors. */
export const tuningFeature: Feature = {
  name: "tuning",
  open: (core) => {
    const tunings = createTunings(core);
    return Promise.resolve({ routes: (routes) => addTuning(routes, tunings), onMove: removeTuning });
  },
};

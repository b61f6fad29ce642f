import type { Feature } from "../feature.ts";
import { addTuning } from "./routes.ts";

/** Better settings for a collection, found by cross-validation on its own anchors. */
export const tuning: Feature = {
  name: "tuning",
  open: (core) => Promise.resolve({ routes: (routes) => addTuning(routes, core) }),
};

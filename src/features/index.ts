import { calibration } from "./calibration/feature.ts";
import { consensus } from "./consensus/feature.ts";
import { counterfactual } from "./counterfactual/feature.ts";
import { coverage } from "./coverage/feature.ts";
import { epalm } from "./epalm/feature.ts";
import type { Feature } from "./feature.ts";
import { methods } from "./methods/feature.ts";
import { influence } from "./influence/feature.ts";
import { reencoding } from "./reencoding/feature.ts";
import { selection } from "./selection/feature.ts";
import { tuning } from "./tuning/feature.ts";

/** What this Anchorage can do beyond its core: one line a feature, in the order in which they are opened. */
export const FEATURES: readonly Feature[] = [
  coverage,
  counterfactual,
  influence,
  methods,
  tuning,
  reencoding,
  calibration,
  selection,
  epalm,
  consensus,
];

export { openFeatures, type Feature, type OpenedFeature, type OpenedFeatures } from "./feature.ts";

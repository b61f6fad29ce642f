import type { Feature } from "./feature.ts";

/** A feature whose modules are loaded when it is opened, so that a command's `--help` loads none of them. */
const deferred = (
  name: string,
  load: () => Promise<Feature>,
  commands: NonNullable<Feature["commands"]> = {},
): Feature => ({
  name,
  commands,
  open: async (core, plugs) => (await load()).open(core, plugs),
});

/** What this Anchorage can do beyond its core: one entry a feature, in the order in which they are opened. */
export const FEATURES: readonly Feature[] = [
  deferred("coverage", async () => (await import("./coverage/feature.ts")).coverage),
  deferred("counterfactual", async () => (await import("./counterfactual/feature.ts")).counterfactual),
  deferred("influence", async () => (await import("./influence/feature.ts")).influence),
  deferred("methods", async () => (await import("./methods/feature.ts")).methods),
  deferred("tuning", async () => (await import("./tuning/feature.ts")).tuning, {
    tune: async () => (await import("./tuning/command.ts")).tuneCommand,
  }),
  deferred("reencoding", async () => (await import("./reencoding/feature.ts")).reencoding),
  deferred("calibration", async () => (await import("./calibration/feature.ts")).calibration),
  deferred("selection", async () => (await import("./selection/feature.ts")).selection, {
    "select-encoder": async () => (await import("./selection/command.ts")).selectEncoderCommand,
  }),
  deferred("epalm", async () => (await import("./epalm/feature.ts")).epalm, {
    "train-adapter": async () => (await import("./epalm/command.ts")).trainAdapterCommand,
  }),
  deferred("consensus", async () => (await import("./consensus/feature.ts")).consensus),
  {
    name: "evaluation",
    commands: { evaluate: async () => (await import("./evaluation/command.ts")).evaluateCommand },
    open: () => Promise.resolve({}),
  },
];

export { openFeatures, type Feature, type OpenedFeature, type OpenedFeatures } from "./feature.ts";

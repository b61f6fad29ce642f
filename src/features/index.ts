import type { Feature } from "./feature.ts";

/** A feature whose modules are loaded when it is opened, so that a command's `--help` loads none of them. */
const deferred = (
  name: string,
  load: () => Promise<Feature>,
  commands: NonNullable<Feature["commands"]> = {},
): Feature => ({
  name,
  commands,
  open: async (core, plugs) => (await (await load()).open?.(core, plugs)) ?? {},
});

/** What this Anchorage can do beyond its core: one entry a feature, in the order in which they are opened. */
export const FEATURES: readonly Feature[] = [
  {
    name: "default-encoders",
    encoders: async () => (await import("./default-encoders/index.ts")).defaultEncoderSource,
  },
  {
    name: "importing",
    commands: { import: async () => (await import("./importing/command.ts")).importCommand },
  },
  {
    name: "classify-files",
    commands: { classify: async () => (await import("./classify-files/command.ts")).classifyCommand },
  },
  deferred("coverage", async () => (await import("./coverage/feature.ts")).coverageFeature),
  deferred("counterfactual", async () => (await import("./counterfactual/feature.ts")).counterfactualFeature),
  deferred("influence", async () => (await import("./influence/feature.ts")).influenceFeature),
  deferred("erasing", async () => (await import("./erasing/feature.ts")).erasingFeature, {
    erase: async () => (await import("./erasing/command.ts")).eraseCommand,
    "verify-receipt": async () => (await import("./erasing/verify-command.ts")).verifyReceiptCommand,
  }),
  deferred("health", async () => (await import("./health/feature.ts")).healthFeature, {
    check: async () => (await import("./health/command.ts")).checkCommand,
  }),
  deferred("methods", async () => (await import("./methods/feature.ts")).methodsFeature),
  deferred("tuning", async () => (await import("./tuning/feature.ts")).tuningFeature, {
    tune: async () => (await import("./tuning/command.ts")).tuneCommand,
  }),
  deferred("reencoding", async () => (await import("./reencoding/feature.ts")).reencodingFeature),
  deferred("calibration", async () => (await import("./calibration/feature.ts")).calibrationFeature),
  deferred("projection", async () => (await import("./projection/feature.ts")).projectionFeature),
  deferred("selection", async () => (await import("./selection/feature.ts")).selectionFeature, {
    "select-encoder": async () => (await import("./selection/command.ts")).selectEncoderCommand,
  }),
  deferred("epalm", async () => (await import("./epalm/feature.ts")).epalmFeature, {
    "train-adapter": async () => (await import("./epalm/command.ts")).trainAdapterCommand,
  }),
  deferred("consensus", async () => (await import("./consensus/feature.ts")).consensusFeature),
  deferred("evaluation", async () => (await import("./evaluation/feature.ts")).evaluationFeature, {
    evaluate: async () => (await import("./evaluation/command.ts")).evaluateCommand,
  }),
  deferred("keys", async () => (await import("./keys/feature.ts")).keysFeature, {
    keys: async () => (await import("./keys/command.ts")).keysCommand,
  }),
  {
    name: "encoder-hub",
    commands: { "pull-encoder": async () => (await import("./encoder-hub/command.ts")).pullEncoderCommand },
  },
  {
    name: "index-building",
    commands: {
      "build-index": async () => (await import("./index-building/command.ts")).buildIndexCommand,
      "tune-index": async () => (await import("./index-building/tune-index-command.ts")).tuneIndexCommand,
    },
  },
  {
    name: "erasure-proof",
    commands: {
      "verify-erasure": async () => (await import("./erasure-proof/command.ts")).verifyErasureCommand,
    },
  },
];

export { openFeatures, type Feature, type OpenedFeature, type OpenedFeatures } from "./feature.ts";

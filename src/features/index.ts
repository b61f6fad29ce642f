import type { CommandTable } from "../command.ts";
import type { Feature } from "./feature.ts";

/** A feature whose modules are loaded when it is opened, so that a command's `--help` loads none of them. */
const deferred = (name: string, load: () => Promise<Feature>, commands: CommandTable = {}): Feature => ({
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
    name: "sample",
    commands: {
      "sample add": {
        group: "Collections and anchors",
        summary: "install the sample collection of emoji",
        load: async () => (await import("./sample/add-command.ts")).addSampleCommand,
      },
    },
  },
  {
    name: "core-commands",
    commands: {
      "collections list": {
        group: "Collections and anchors",
        summary: "list the collections",
        load: async () => (await import("./core-commands/collections-command.ts")).listCollectionsCommand,
      },
      "collections show": {
        group: "Collections and anchors",
        summary: "show a collection's encoders, settings and indexes",
        load: async () => (await import("./core-commands/collections-command.ts")).showCollectionCommand,
      },
      "collections create": {
        group: "Collections and anchors",
        summary: "create an empty collection",
        load: async () => (await import("./core-commands/collections-command.ts")).createCollectionCommand,
      },
      "collections delete": {
        group: "Collections and anchors",
        summary: "delete a collection with its anchors",
        load: async () => (await import("./core-commands/collections-command.ts")).deleteCollectionCommand,
      },
      add: {
        group: "Collections and anchors",
        summary: "store a pair, or anchors from JSON lines",
        load: async () => (await import("./core-commands/add-command.ts")).addCommand,
      },
      remove: {
        group: "Collections and anchors",
        summary: "remove anchors at once; their bytes are erased later",
        load: async () => (await import("./core-commands/remove-command.ts")).removeCommand,
      },
      search: {
        group: "Answers",
        summary: "find the anchors nearest to a text or an image",
        load: async () => (await import("./core-commands/search-command.ts")).searchCommand,
      },
      "jobs list": {
        group: "Service",
        summary: "list background jobs",
        load: async () => (await import("./core-commands/jobs-command.ts")).listJobsCommand,
      },
      "jobs show": {
        group: "Service",
        summary: "show a job",
        load: async () => (await import("./core-commands/jobs-command.ts")).showJobCommand,
      },
      "jobs wait": {
        group: "Service",
        summary: "wait until a job has ended",
        load: async () => (await import("./core-commands/jobs-command.ts")).waitForJobCommand,
      },
      "jobs cancel": {
        group: "Service",
        summary: "cancel a job",
        load: async () => (await import("./core-commands/jobs-command.ts")).cancelJobCommand,
      },
    },
  },
  {
    name: "doctor",
    commands: {
      doctor: {
        group: "Help",
        summary: "check what this machine lacks, and how to mend it",
        load: async () => (await import("./doctor/command.ts")).doctorCommand,
      },
    },
  },
  {
    name: "importing",
    commands: {
      import: {
        group: "Collections and anchors",
        summary: "store pairs from folders, tables and shards",
        load: async () => (await import("./importing/command.ts")).importCommand,
      },
    },
  },
  {
    name: "exporting",
    commands: {
      export: {
        group: "Collections and anchors",
        summary: "write a collection to a file that import takes",
        load: async () => (await import("./exporting/command.ts")).exportCommand,
      },
    },
  },
  {
    name: "classify-files",
    commands: {
      classify: {
        group: "Answers",
        summary: "say which of some classes images show",
        load: async () => (await import("./classify-files/command.ts")).classifyCommand,
      },
    },
  },
  {
    name: "mcp",
    commands: {
      mcp: {
        group: "Service",
        summary: "serve tools for language models (Model Context Protocol)",
        load: async () => (await import("./mcp/command.ts")).mcpCommand,
      },
    },
  },
  deferred("coverage", async () => (await import("./coverage/feature.ts")).coverageFeature),
  deferred("counterfactual", async () => (await import("./counterfactual/feature.ts")).counterfactualFeature),
  deferred("influence", async () => (await import("./influence/feature.ts")).influenceFeature),
  deferred("erasing", async () => (await import("./erasing/feature.ts")).erasingFeature, {
    erase: {
      group: "Erasure",
      summary: "delete anchors, erase their bytes, and write a signed report",
      load: async () => (await import("./erasing/command.ts")).eraseCommand,
    },
    "verify-receipt": {
      group: "Erasure",
      summary: "check the report of an erasure, offline",
      load: async () => (await import("./erasing/verify-command.ts")).verifyReceiptCommand,
    },
  }),
  deferred("health", async () => (await import("./health/feature.ts")).healthFeature, {
    check: {
      group: "Quality",
      summary: "find duplicates, mismatched pairs and other faults of anchors",
      load: async () => (await import("./health/command.ts")).checkCommand,
    },
  }),
  deferred("methods", async () => (await import("./methods/feature.ts")).methodsFeature),
  deferred("tuning", async () => (await import("./tuning/feature.ts")).tuningFeature, {
    tune: {
      group: "Quality",
      summary: "find better settings by cross-validation on a collection's own anchors",
      load: async () => (await import("./tuning/command.ts")).tuneCommand,
    },
  }),
  deferred("reencoding", async () => (await import("./reencoding/feature.ts")).reencodingFeature, {
    reencode: {
      group: "Encoders and indexes",
      summary: "move a collection to other encoders while it serves queries",
      load: async () => (await import("./reencoding/command.ts")).reencodeCommand,
    },
  }),
  deferred("calibration", async () => (await import("./calibration/feature.ts")).calibrationFeature, {
    calibrate: {
      group: "Quality",
      summary: "measure how sure answers may be, for probabilities",
      load: async () => (await import("./calibration/command.ts")).calibrateCommand,
    },
  }),
  deferred("adaptations", async () => (await import("./adaptations/feature.ts")).adaptationsFeature, {
    adapt: {
      group: "Quality",
      summary: "align images in another style with the anchors, without labels",
      load: async () => (await import("./adaptations/command.ts")).adaptCommand,
    },
  }),
  deferred("projection", async () => (await import("./projection/feature.ts")).projectionFeature),
  deferred("selection", async () => (await import("./selection/feature.ts")).selectionFeature, {
    "select-encoder": {
      group: "Encoders and indexes",
      summary: "rank image encoders for a collection, without training",
      load: async () => (await import("./selection/command.ts")).selectEncoderCommand,
    },
  }),
  deferred("epalm", async () => (await import("./epalm/feature.ts")).epalmFeature, {
    "train-adapter": {
      group: "Encoders and indexes",
      summary: "train an adapter by which a language model sees images",
      load: async () => (await import("./epalm/command.ts")).trainAdapterCommand,
    },
  }),
  deferred("consensus", async () => (await import("./consensus/feature.ts")).consensusFeature),
  deferred("evaluation", async () => (await import("./evaluation/feature.ts")).evaluationFeature, {
    evaluate: {
      group: "Quality",
      summary: "measure the accuracy of classification on your own data",
      load: async () => (await import("./evaluation/command.ts")).evaluateCommand,
    },
  }),
  deferred("forecast", async () => (await import("./forecast/feature.ts")).forecastFeature, {
    forecast: {
      group: "Quality",
      summary: "forecast what more anchors would bring",
      load: async () => (await import("./forecast/command.ts")).forecastCommand,
    },
  }),
  deferred("keys", async () => (await import("./keys/feature.ts")).keysFeature, {
    "keys add": {
      group: "Service",
      summary: "create an API key",
      load: async () => (await import("./keys/add-command.ts")).addKeyCommand,
    },
    "keys list": {
      group: "Service",
      summary: "list the API keys",
      load: async () => (await import("./keys/command.ts")).listKeysCommand,
    },
    "keys revoke": {
      group: "Service",
      summary: "revoke an API key",
      load: async () => (await import("./keys/command.ts")).revokeKeyCommand,
    },
  }),
  deferred("backup", async () => (await import("./backup/feature.ts")).backupFeature, {
    backup: {
      group: "Service",
      summary: "write everything that is stored to a file",
      load: async () => (await import("./backup/command.ts")).backupCommand,
    },
    restore: {
      group: "Service",
      summary: "put a backup into an empty folder or database",
      load: async () => (await import("./backup/restore-command.ts")).restoreCommand,
    },
  }),
  {
    name: "encoder-hub",
    commands: {
      "encoders list": {
        group: "Encoders and indexes",
        summary: "list the encoders",
        load: async () => (await import("./encoder-hub/list-command.ts")).listEncodersCommand,
      },
      "encoders add": {
        group: "Encoders and indexes",
        summary: "install the default encoders, or one from a folder",
        load: async () => (await import("./encoder-hub/add-command.ts")).addEncodersCommand,
      },
      "encoders pull": {
        group: "Encoders and indexes",
        summary: "download an encoder from the Hugging Face hub",
        load: async () => (await import("./encoder-hub/command.ts")).pullEncoderCommand,
      },
    },
  },
  {
    name: "index-building",
    commands: {
      "build-index": {
        group: "Encoders and indexes",
        summary: "build a collection's HNSW graphs ahead of time",
        load: async () => (await import("./index-building/command.ts")).buildIndexCommand,
      },
      "tune-index": {
        group: "Encoders and indexes",
        summary: "measure recall and time of a collection's HNSW graphs",
        load: async () => (await import("./index-building/tune-index-command.ts")).tuneIndexCommand,
      },
    },
  },
  {
    name: "erasure-proof",
    commands: {
      "verify-erasure": {
        group: "Erasure",
        summary: "prove that deleted anchors are gone from tables and files",
        load: async () => (await import("./erasure-proof/command.ts")).verifyErasureCommand,
      },
    },
  },
];

export { openFeatures, type Feature, type OpenedFeature, type OpenedFeatures } from "./feature.ts";

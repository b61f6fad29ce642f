import type { SelectionSettings } from "./types.ts";

export const SELECTION_DEFAULTS = {
  methods: ["emms", "logme", "hscore-reg", "transrate", "knn"],
  transforms: ["none", "whiten"],
  templates: ["{}"],
  projection: "random",
  rounds: 1,
  samples: 2_000,
  bootstrap: 100,
  seed: 0,
} as const satisfies SelectionSettings;

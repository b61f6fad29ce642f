import { METHODS } from "../../api/methods.ts";
import type { TuneSettings } from "./types.ts";

/** What tuning does where nothing else is said. */
export const TUNING_DEFAULTS = {
  folds: 5,
  repeats: 1,
  seed: 0,
  classes: 300,
  questions: 500,
  // It hears every question and not only those at a threshold, so that what it chooses is more often the best by top-1.
  objective: "meanReciprocalRank",
  methods: METHODS,
  transforms: ["none", "center", "whiten"],
  budgetSeconds: 600,
} as const satisfies TuneSettings;

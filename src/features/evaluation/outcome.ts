import { mean } from "../../math/statistics.ts";
import { summarize, type Accuracy, type Result } from "./summary.ts";

/** What one run of a configuration came to. */
export interface Run {
  readonly anchors: number;
  readonly results: readonly Result[];
}

/** What all runs of a configuration came to. */
export interface Outcome<T> {
  readonly configuration: T;
  /** The mean over the runs. */
  readonly anchors: number;
  readonly runs: number;
  /** Of all runs together. */
  readonly questions: number;
  readonly accuracies: readonly Accuracy[];
}

/** An outcome under the name of its row in a report. */
export type ReportRow = Outcome<{ readonly name: string }>;

export const outcomeOf = <T>(configuration: T, runs: readonly Run[], classes: number): Outcome<T> => ({
  configuration,
  anchors: Math.round(mean(runs.map(({ anchors }) => anchors))),
  runs: runs.length,
  questions: runs.reduce((sum, { results }) => sum + results.length, 0),
  accuracies: summarize(
    runs.map(({ results }) => results),
    classes,
  ),
});

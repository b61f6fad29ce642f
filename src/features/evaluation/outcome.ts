import { mean } from "../../math/statistics.ts";
import { summarize, type Accuracy, type Result } from "./summary.ts";

/** The results of one run of a configuration. */
export interface Run {
  readonly anchors: number;
  readonly results: readonly Result[];
}

/** The results of all runs of a configuration. */
export interface Outcome<T> {
  readonly configuration: T;
  /** The mean over the runs. */
  readonly anchors: number;
  readonly runs: number;
  /** The sum over all runs. */
  readonly questions: number;
  readonly accuracies: readonly Accuracy[];
}

/** An outcome with the name of its row in a report. */
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

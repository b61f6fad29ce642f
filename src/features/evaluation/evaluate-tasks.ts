import { isPlugged, type Method } from "../../api/methods.ts";
import { transformText } from "../../api/transforms.ts";
import type { MethodPlugs } from "../../asif/index.ts";
import { plugOf } from "../../collections/question.ts";
import type { Progress } from "../../progress.ts";
import { runGrid } from "./grid.ts";
import { seriesOf, type Report } from "./report.ts";
import type { TrialParameters, TrialSettings } from "./trial.ts";
import { runSubsets, type RunOptions, type Tasks } from "./subsets.ts";

/** How the questions of a collection's tasks are answered. */
export interface Asking {
  readonly seeds: number;
  /** Replaces the collection's settings. */
  readonly parameters: Partial<TrialParameters>;
  /** One or more methods, on the same anchors; the others are compared with the first. */
  readonly methods: readonly Method[];
  /** The custom methods among `methods`. */
  readonly plugs: MethodPlugs;
  /** Whether to plot accuracy over k and p too, for the first method. */
  readonly heatMap: boolean;
  readonly signal: AbortSignal;
  readonly progress: (label: string, unit: string) => Progress;
}

type Findings = Pick<Report, "rows" | "series" | "comparisons" | "grid">;

/**
 * Answers the tasks with increasing numbers of anchors, by every method.
 *
 * @throws the signal's reason if it aborts.
 */
export const evaluateTasks = async (
  tasks: Tasks,
  settings: TrialParameters,
  { seeds, methods, plugs, heatMap, signal, progress }: Asking,
): Promise<Findings> => {
  const options = (bar: Progress): RunOptions => ({
    seeds,
    signal,
    onProgress: (done, total) => bar.update(done, total),
  });
  const several = methods.length > 1;
  const by = (method: Method): TrialSettings => ({
    ...settings,
    method,
    ...(isPlugged(method) ? { plug: plugOf(plugs, method) } : {}),
  });
  const variants = methods.map((method) => ({ ...by(method), name: several ? method : "" }));
  const trials = progress("trials", "trials");
  const { rows, comparisons } = await runSubsets(tasks, variants, options(trials)).finally(() =>
    trials.stop(),
  );
  const series = variants.flatMap(({ name }) =>
    seriesOf(
      name,
      rows.filter(({ configuration }) => configuration.name === name),
      several ? [1] : [1, 10],
    ),
  );
  if (!heatMap) return { rows, series, comparisons };
  const cells = progress("k and p", "cells");
  const grid = await runGrid(
    tasks,
    methods[0] === undefined ? settings : by(methods[0]),
    options(cells),
  ).finally(() => cells.stop());
  return { rows, series, comparisons, grid };
};

/** The second line of a report. */
export const describeParameters = (
  { k, p, transform }: TrialParameters,
  methods: readonly Method[],
): string => {
  const method = methods.length === 1 && methods[0] !== "asif" ? `, method ${methods[0] ?? ""}` : "";
  return `k = ${k}, p = ${p}, transform ${transformText(transform)}${method}`;
};

import { mean, standardDeviation } from "../../src/math/statistics.ts";
import type { TaskReport } from "./types.ts";

/** Quantiles of Student's t for 95 %, two-sided, by degrees of freedom from 1. */
const STUDENT = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

/** The seeds that {@link estimateOf} has a quantile for. */
export const MOST_SEEDS = STUDENT.length + 1;

/** The mean over seeds, with a 95 % interval by Student's t. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** One value a seed. */
  readonly values: readonly number[];
}

/** The reports of one task over several seeds, summarised. */
export interface Study {
  readonly task: string;
  readonly about: string;
  readonly seeds: number;
  /** Items a seed. */
  readonly development: number;
  readonly test: number;
  /** The best single scorer that each seed's development items choose. */
  readonly bestSingles: readonly string[];
  readonly bestSingle: Estimate;
  readonly panels: readonly {
    readonly name: string;
    readonly rounds: number;
    /** Means over the seeds, which differ where weights are learned. */
    readonly weights: readonly number[];
    readonly development: number | undefined;
    readonly test: Estimate;
  }[];
  readonly sizes: readonly { readonly scorers: number; readonly mean: number }[];
  readonly bounds: { readonly random: number; readonly oracle: number };
  readonly leads: readonly { readonly of: string; readonly over: string; readonly ahead: Estimate }[];
}

/**
 * Estimates a mean from one value a seed. Each seed has items, noise and trained scorers of its own, so the values are
 * independent.
 *
 * @param values 2 to {@link MOST_SEEDS}
 * @throws RangeError for fewer or more
 */
export const estimateOf = (values: readonly number[]): Estimate => {
  const quantile = STUDENT[values.length - 2];
  if (quantile === undefined) throw new RangeError(`an interval takes 2 to ${MOST_SEEDS} seeds`);
  const centre = mean(values);
  const half = (quantile * standardDeviation(values)) / Math.sqrt(values.length);
  return { mean: centre, low: centre - half, high: centre + half, values };
};

/**
 * Summarises reports of one task, one a seed: means over seeds with intervals. In a comparison with the best single
 * scorer, each seed compares with the one that its own development items chose.
 *
 * @param reports 2 to {@link MOST_SEEDS}
 * @throws RangeError for fewer or more
 */
export const summarizeReports = (reports: readonly TaskReport[]): Study => {
  const [first] = reports;
  if (first === undefined) throw new RangeError("there is nothing to summarise");
  const over = (value: (report: TaskReport) => number | undefined): number =>
    mean(reports.map((report) => value(report) ?? Number.NaN));
  const testOf = (report: TaskReport, name: string): number =>
    report.panels.find((panel) => panel.name === name)?.test ?? Number.NaN;
  return {
    task: first.task,
    about: first.about,
    seeds: reports.length,
    development: first.development,
    test: first.test,
    bestSingles: reports.map(({ bestSingle }) => bestSingle),
    bestSingle: estimateOf(reports.map((report) => testOf(report, report.bestSingle))),
    panels: first.panels.map(({ name, rounds, weights, development }, i) => ({
      name,
      rounds,
      weights: weights.map((_, n) => over(({ panels }) => panels[i]?.weights[n])),
      development: development === undefined ? undefined : over(({ panels }) => panels[i]?.development),
      test: estimateOf(reports.map((report) => testOf(report, name))),
    })),
    sizes: first.sizes.map(({ scorers }, i) => ({ scorers, mean: over(({ sizes }) => sizes[i]?.mean) })),
    bounds: { random: over(({ bounds }) => bounds.random), oracle: over(({ bounds }) => bounds.oracle) },
    leads: first.leads.map((lead, i) => ({
      of: lead.of,
      over: reports.every(({ bestSingle, leads }) => leads[i]?.over === bestSingle)
        ? "best single"
        : lead.over,
      ahead: estimateOf(reports.map(({ leads }) => leads[i]?.mean ?? Number.NaN)),
    })),
  };
};

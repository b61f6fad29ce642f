import { signed } from "../../math/fixed.ts";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lineChartSvg, type ChartPoint } from "./chart.ts";
import type { Comparison, AccuracyDifference } from "./comparison.ts";
import type { AccuracyGrid } from "./grid.ts";
import { heatMapSvg } from "./heat-map.ts";
import type { ReportRow } from "./outcome.ts";
import { TOPS, type Accuracy, type Top } from "./summary.ts";

export interface Series {
  readonly name: string;
  readonly points: readonly ChartPoint[];
}

export interface Report {
  readonly title: string;
  /** Runs, classes and queries, in one line. */
  readonly about: string;
  /** Everything else that the numbers depend on, equal for all rows. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly rows: readonly ReportRow[];
  /** Accuracy over the number of anchors, for the chart; absent if the number was not varied. */
  readonly series: readonly Series[];
  /** Comparisons of methods on the same anchors. */
  readonly comparisons?: readonly Comparison[];
  /** Accuracy over k and p. */
  readonly grid?: AccuracyGrid;
}

/** Charts accuracy over the number of anchors, one line for each of `tops`. */
export const seriesOf = (
  name: string,
  outcomes: readonly ReportRow[],
  tops: readonly Top[] = [1, 10],
): Series[] => {
  if (outcomes.length === 0) return [];
  return tops.map((top) => ({
    name: name === "" ? `top-${top}` : `${name}, top-${top}`,
    points: outcomes.flatMap(({ anchors, accuracies }) =>
      accuracies
        .filter((accuracy) => accuracy.top === top)
        .map(({ mean, low, high }) => ({ x: anchors, y: mean, low, high })),
    ),
  }));
};

/** Formats the rows for the terminal. */
export const tableOf = ({ title, about, rows, comparisons = [], grid }: Report): string => {
  const name = Math.max(...rows.map(({ configuration }) => configuration.name.length));
  const chance = rows[0]?.accuracies.map((accuracy) => accuracy.chance.toFixed(1)).join(" / ") ?? "";
  const cells = rows.map(({ configuration, anchors, accuracies }) =>
    [
      configuration.name.padEnd(name),
      anchors.toLocaleString("en-US").padStart(8),
      ...accuracies.map((accuracy) => formatAccuracy(accuracy).padStart(18)),
    ].join("  "),
  );
  return [
    title,
    `${about}; chance ${chance} %`,
    "",
    ["".padEnd(name), "anchors".padStart(8), ...TOPS.map((top) => `top-${top} % (95 %)`.padStart(18))].join(
      "  ",
    ),
    ...cells,
    ...comparisonLines(comparisons),
    ...(grid === undefined ? [] : ["", bestLine(grid)]),
  ].join("\n");
};

/** The comparisons below each reference method. */
const comparisonLines = (comparisons: readonly Comparison[]): string[] => {
  const width = Math.max(...comparisons.map(({ name }) => name.length));
  return [...new Set(comparisons.map(({ against }) => against))].flatMap((reference) => [
    "",
    `Points ahead of ${reference}, on the same questions and anchors:`,
    ["".padEnd(width), ...TOPS.map((top) => `top-${top} (95 %)`.padStart(22))].join("  "),
    ...comparisons
      .filter(({ against }) => against === reference)
      .map(({ name, differences }) =>
        [name.padEnd(width), ...differences.map((each) => formatDifference(each).padStart(22))].join("  "),
      ),
  ]);
};

/** Such as `+3.8 (+2.4 to +5.3)`. */
const formatDifference = ({ mean, low, high }: AccuracyDifference): string =>
  `${points(mean)} (${points(low)} to ${points(high)})`;

const points = (value: number): string => signed(value, 1).replace("-", "−");

/** The cell with the best top-1 accuracy, the first of ties. */
const bestLine = ({ cells }: AccuracyGrid): string => {
  const best = cells.reduce((a, b) => (top1(b) > top1(a) ? b : a));
  return `Of k and p, best on these questions: k = ${best.k}, p = ${best.p} with top-1 ${top1(best).toFixed(1)} %`;
};

const top1 = ({ accuracies }: AccuracyGrid["cells"][number]): number =>
  accuracies.find(({ top }) => top === 1)?.mean ?? NaN;

/** Such as `26.2 (24.4–28.0)`. */
const formatAccuracy = ({ mean, low, high }: Accuracy): string =>
  `${mean.toFixed(1)} (${low.toFixed(1)}–${high.toFixed(1)})`;

/**
 * Writes `report.json` to `directory`, with `scaling.svg` if the number of anchors was varied and `heat-map.svg` if k
 * and p were.
 *
 * @returns the paths of the files
 */
export const writeReport = async (report: Report, directory: string): Promise<string[]> => {
  await mkdir(directory, { recursive: true });
  const files = new Map([["report.json", `${JSON.stringify(report, null, 2)}\n`]]);
  if (report.series.length > 0) files.set("scaling.svg", chartOf(report));
  if (report.grid !== undefined) files.set("heat-map.svg", heatMapOf(report, report.grid));
  for (const [name, text] of files) {
    const path = join(directory, name);
    await writeFile(`${path}.part`, text);
    await rename(`${path}.part`, path);
  }
  return [...files.keys()].map((name) => join(directory, name));
};

const chartOf = ({ title, about, series, rows }: Report): string => {
  const chance = rows[0]?.accuracies.filter(({ top }) => top === 1).map((accuracy) => accuracy.chance) ?? [];
  return lineChartSvg({
    title,
    subtitle: about,
    xLabel: "anchors",
    yLabel: "accuracy in percent, 95 % interval",
    xScale: "log",
    series,
    references: chance.map((y) => ({ name: "chance, top-1", y })),
  });
};

const heatMapOf = ({ title, about }: Report, grid: AccuracyGrid): string =>
  heatMapSvg({
    title: `${title}: top-1 in percent over k and p`,
    subtitle: about,
    xLabel: "k, anchors that are kept",
    yLabel: "p, power",
    columns: grid.ks,
    rows: grid.ps,
    values: grid.ps.map((p) => grid.ks.map((k) => top1Of(grid, k, p))),
  });

const top1Of = ({ cells }: AccuracyGrid, k: number, p: number): number => {
  const cell = cells.find((each) => each.k === k && each.p === p);
  return cell === undefined ? NaN : top1(cell);
};

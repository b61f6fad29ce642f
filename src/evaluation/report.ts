import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lineChartSvg, type ChartPoint } from "./chart.ts";
import type { Outcome } from "./outcome.ts";
import { TOPS, type Accuracy } from "./summary.ts";

/** An outcome under the name of its row. */
export type Row = Outcome<{ readonly name: string }>;

export interface Series {
  readonly name: string;
  readonly points: readonly ChartPoint[];
}

export interface Report {
  readonly title: string;
  /** In one line: runs, classes, queries. */
  readonly about: string;
  /** Everything that the numbers depend on and that is the same for all rows. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly rows: readonly Row[];
  /** Accuracy over the number of anchors, for the chart; none where it was not varied. */
  readonly series: readonly Series[];
}

/** Top-1 and top-10 over the number of anchors. */
export const seriesOf = (name: string, outcomes: readonly Row[]): Series[] => {
  if (outcomes.length === 0) return [];
  return ([1, 10] as const).map((top) => ({
    name: name === "" ? `top-${top}` : `${name}, top-${top}`,
    points: outcomes.flatMap(({ anchors, accuracies }) =>
      accuracies
        .filter((accuracy) => accuracy.top === top)
        .map(({ mean, low, high }) => ({ x: anchors, y: mean, low, high })),
    ),
  }));
};

/** The rows as text, to be read in a terminal. */
export const tableOf = ({ title, about, rows }: Report): string => {
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
  ].join("\n");
};

/** Such as `26.2 (24.4–28.0)`. */
const formatAccuracy = ({ mean, low, high }: Accuracy): string =>
  `${mean.toFixed(1)} (${low.toFixed(1)}–${high.toFixed(1)})`;

/**
 * Writes `report.json` and, where the number of anchors was varied, `scaling.svg` into `directory`.
 *
 * @returns the files that were written
 */
export const writeReport = async (report: Report, directory: string): Promise<string[]> => {
  await mkdir(directory, { recursive: true });
  const files = new Map([["report.json", `${JSON.stringify(report, null, 2)}\n`]]);
  if (report.series.length > 0) files.set("scaling.svg", chartOf(report));
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

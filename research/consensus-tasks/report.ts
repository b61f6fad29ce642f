import type { TaskReport } from "./types.ts";

/** A report as Markdown tables. */
export const taskTable = (report: TaskReport): string => {
  const { task, about, development, test, bestSingle, panels, sizes, bounds, leads } = report;
  return [
    `## ${task}`,
    "",
    `${about} ${development} items to choose by, ${test} to report. Best single scorer on the first: ${bestSingle}.`,
    "",
    ...table(
      ["scorers", "rounds", "development", "test", "95 %"],
      [
        ...panels.map(({ name, weights, rounds, development: chosen, test: value, low, high }) => [
          name.endsWith("learned")
            ? `${name}: ${weights.map((weight) => weight.toFixed(2)).join(", ")}`
            : name,
          String(rounds),
          chosen === undefined ? "" : percent(chosen),
          percent(value),
          `${percent(low)} to ${percent(high)}`,
        ]),
        ["one of the first round at random", "1", "", percent(bounds.random), ""],
        ["the best of the first round (oracle)", "1", "", percent(bounds.oracle), ""],
      ],
    ),
    "",
    ...table(
      ["scorers that judge", ...sizes.map(({ scorers }) => String(scorers))],
      [["mean over all such sets", ...sizes.map((size) => percent(size.mean))]],
    ),
    "",
    ...table(
      ["of", "ahead of", "by (points)", "95 %, paired"],
      leads.map(({ of, over, mean, low, high }) => [
        of,
        over,
        percent(mean),
        `${percent(low)} to ${percent(high)}`,
      ]),
    ),
    "",
  ].join("\n");
};

export const table = (header: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);

export const percent = (share: number): string => (100 * share).toFixed(1);

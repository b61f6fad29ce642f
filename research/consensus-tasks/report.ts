import type { Estimate, Study } from "./study.ts";

/** A study as Markdown tables, in percent. */
export const studyTable = (study: Study): string => {
  const { task, about, seeds, development, test, bestSingles, bestSingle, panels, sizes, bounds, leads } =
    study;
  return [
    `## ${task}`,
    "",
    `${about} ${seeds} seeds, each with ${development} items to choose by and ${test} to report. Best single scorer of each seed: ${bestSingles.join("; ")}.`,
    "",
    ...table(
      ["scorers", "rounds", "development", "test", "95 %"],
      [
        ...panels.map(({ name, weights, rounds, development: chosen, test: reported }) => [
          name.endsWith("learned")
            ? `${name}: ${weights.map((weight) => weight.toFixed(2)).join(", ")}`
            : name,
          String(rounds),
          chosen === undefined ? "" : percent(chosen),
          percent(reported.mean),
          interval(reported),
        ]),
        ["best single scorer, chosen by each seed", "", "", percent(bestSingle.mean), interval(bestSingle)],
        ["one of the first round at random", "1", "", percent(bounds.random), ""],
        ["the best of the first round (oracle)", "1", "", percent(bounds.oracle), ""],
      ],
    ),
    "",
    ...table(
      ["number of scorers", ...sizes.map(({ scorers }) => String(scorers))],
      [["mean over all such sets", ...sizes.map((size) => percent(size.mean))]],
    ),
    "",
    ...table(
      ["system", "against", "by (points)", "95 %, paired"],
      leads.map(({ of, over, ahead }) => [of, over, percent(ahead.mean), interval(ahead)]),
    ),
    "",
  ].join("\n");
};

export const table = (header: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);

export const percent = (share: number): string => (100 * share).toFixed(1);

export const interval = ({ low, high }: Pick<Estimate, "low" | "high">): string =>
  `${percent(low)} to ${percent(high)}`;

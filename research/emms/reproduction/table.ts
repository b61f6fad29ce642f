import { fixed } from "../../../src/math/fixed.ts";
import type { ReproducedDataset, ReproducedMethod } from "./reproduce.ts";

/** Weighted Kendall tau of each method on each data set; below, the means, how often the best is first, and the time. */
export const reproductionTable = (datasets: readonly ReproducedDataset[]): string[] => {
  const methods = datasets[0]?.methods.map(({ method }) => method) ?? [];
  const width = Math.max("best first".length, ...datasets.map(({ dataset }) => dataset.length));
  const row = (name: string, models: string, cells: readonly string[]): string =>
    [
      name.padEnd(width),
      models.padStart(6),
      ...cells.map((cell, m) => cell.padStart(Math.max(8, methods[m]?.length ?? 0))),
    ].join("  ");
  const over = (tell: (own: readonly ReproducedMethod[]) => string): string[] =>
    methods.map((_, m) => tell(datasets.flatMap(({ methods: own }) => own[m] ?? [])));
  return [
    row("dataset", "models", methods),
    ...datasets.map(({ dataset, models, methods: own }) =>
      row(
        dataset,
        String(models.length),
        own.map(({ tau }) => (tau === null ? "-" : fixed(tau, 3))),
      ),
    ),
    row(
      "mean",
      "",
      over((own) => {
        const known = own.flatMap(({ tau }) => tau ?? []);
        return known.length === 0
          ? "-"
          : (known.reduce((sum, tau) => sum + tau, 0) / known.length).toFixed(3);
      }),
    ),
    row(
      "best first",
      "",
      over((own) => `${own.filter(({ bestFirst }) => bestFirst).length}/${own.length}`),
    ),
    row(
      "seconds",
      "",
      over((own) => (own.reduce((sum, { tookMs }) => sum + tookMs, 0) / 1000).toFixed(1)),
    ),
  ];
};

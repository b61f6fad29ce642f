import type { Tally } from "./run.ts";

/**
 * The outcome as a table in Markdown: rounds, rounds in which something was wrong, p99 of /healthz, the most memory of
 * Node and its children, and the longest time for which the event loop stood still.
 */
export const tableOf = (tallies: readonly Tally[]): string[] => {
  const rows = tallies.map(({ fault, notHere, rounds, faulty, figures }) => {
    if (notHere !== null) return [fault.name, `not run here, because ${notHere}`, "", "", "", ""];
    const pings = figures.flatMap((each) => each.pings);
    const gaps = figures.flatMap(({ gapMs }) => gapMs ?? []);
    const peak = Math.max(0, ...figures.map(({ peakBytes }) => peakBytes));
    return [
      fault.name,
      String(rounds),
      String(faulty),
      pings.length === 0 ? "" : `${Math.ceil(quantile(pings, 0.99))} ms`,
      peak === 0 ? "" : `${Math.round(peak / 1e6)} MB`,
      gaps.length === 0 ? "" : `${Math.ceil(Math.max(...gaps))} ms`,
    ];
  });
  const all = [["fault", "rounds", "faults", "p99 of /healthz", "memory", "longest gap"], ...rows];
  const widths = (all[0] ?? []).map((_, i) => Math.max(...all.map((row) => (row[i] ?? "").length)));
  const lines = all.map((row) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`);
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [...lines.slice(0, 1), rule, ...lines.slice(1)];
};

const quantile = (values: readonly number[], q: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
};

import { lineChartSvg } from "../../../src/features/evaluation/index.ts";
import { mean } from "../../../src/math/statistics.ts";
import type { LiveStep } from "./live.ts";
import type { Adaptation, Step } from "./runs.ts";

export interface AdaptingReport {
  /** In one line: draws, parameters. */
  readonly about: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly domains: readonly Adaptation[];
  /** The first domain in a collection of a real service, once. */
  readonly live: readonly LiveStep[];
}

const TITLE = "Adapting to what no anchor showed at first";

/** The report as text, to be read in a terminal. */
export const adaptingTable = ({ about, domains, live }: AdaptingReport): string =>
  [
    TITLE,
    about,
    ...domains.flatMap(({ name, anchors, questions, classes, steps }) => [
      "",
      `${name} (${questions} drawings, ${classes} classes, ${anchors.toLocaleString("en-US")} anchors before)`,
      "  added   top-1 %  lowest–highest   top-5 %" + (hasOthers(steps) ? "   others, top-1 %" : ""),
      ...steps.map(stepLine),
    ]),
    "",
    `In a service, on Postgres: ${domains[0]?.name ?? ""}`,
    "  there   write ms   answer ms   top-1 %   one drawing is called",
    ...live.map(liveLine),
  ].join("\n");

const hasOthers = (steps: readonly Step[]): boolean => steps.some(({ others }) => others !== undefined);

const stepLine = ({ added, draws, accuracies, others }: Step): string => {
  const spread = `${Math.min(...draws).toFixed(1)}–${Math.max(...draws).toFixed(1)}`;
  const top5 = accuracies.find(({ top }) => top === 5)?.mean ?? NaN;
  return [
    String(added).padStart(7),
    mean(draws).toFixed(1).padStart(10),
    spread.padStart(16),
    top5.toFixed(1).padStart(10),
    others === undefined ? "" : others.toFixed(1).padStart(18),
  ]
    .join("")
    .trimEnd();
};

const liveLine = ({ added, writeMs, answerMs, accuracy, answer, truth }: LiveStep, i: number): string =>
  [
    String(added).padStart(7),
    (i === 0 ? "" : writeMs.toFixed(0)).padStart(11),
    answerMs.toFixed(0).padStart(12),
    accuracy.toFixed(1).padStart(10),
    `   ${answer}${answer === truth ? "" : ` (it is ${truth})`}`,
  ].join("");

/** Top-1 over the pairs added, the shade from the lowest draw to the highest. */
export const adaptingChart = ({ about, domains }: AdaptingReport): string =>
  lineChartSvg({
    title: TITLE,
    subtitle: about,
    xLabel: "pairs of the new domain that were added",
    yLabel: "top-1 in percent, lowest to highest draw",
    xScale: "even",
    series: domains.map(({ name, steps }) => ({
      name,
      points: steps.map(({ added, draws }) => ({
        x: added,
        y: mean(draws),
        low: Math.min(...draws),
        high: Math.max(...draws),
      })),
    })),
    references: [],
  });

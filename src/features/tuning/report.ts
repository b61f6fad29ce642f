import { transformText } from "../../api/transforms.ts";
import type { Measured, Metric, Trial, TuningFindings } from "./api.ts";

const SHOWN = 8;
const METRIC_NAMES: readonly (readonly [Metric, string])[] = [
  ["top1", "top-1"],
  ["top5", "top-5"],
  ["top10", "top-10"],
  ["meanReciprocalRank", "MRR"],
];

/** The findings as the lines of a table: percentages, each with its deviation from fold to fold. */
export const tuningReport = (tuning: TuningFindings): string[] => {
  const { chosen, before, trials, folds, questions, classes, anchors, tookMs } = tuning;
  const rows: readonly (readonly [string, string, Measured])[] = [
    ...(before === null ? [] : [["before", nameOf(before), before] as const]),
    ["chosen", nameOf(chosen), chosen],
    ...trials.slice(1, SHOWN).map((trial) => ["", nameOf(trial), trial] as const),
  ];
  const width = Math.max(...rows.map(([, name]) => name.length));
  return [
    `${questions} images of ${folds} folds, ${classes} classes each, asked of ${anchors} anchors in ${Math.round(tookMs / 1000)} s`,
    `        ${" ".repeat(width)} ${METRIC_NAMES.map(([, name]) => name.padStart(12)).join("")}`,
    ...rows.map(
      ([what, name, measured]) =>
        `${what.padEnd(8)}${name.padEnd(width)} ${METRIC_NAMES.map(([metric]) => share(measured, metric)).join("")}`,
    ),
    `${trials.length} settings tried${tuning.complete ? "" : "; the budget ran out before all were"}`,
  ];
};

const share = (measured: Measured, metric: Metric): string =>
  `${percent(measured[metric])} ±${percent(measured.spread[metric])}`.padStart(12);

const percent = (value: number): string => (100 * value).toFixed(1);

const nameOf = ({
  method,
  transform,
  k,
  p,
  rank,
  ensemble,
}: Trial | (TuningFindings["chosen"] & Measured)): string => {
  const linear = method === "csa" || method === "orthogonal" || method === "ridge";
  return [
    method,
    ...(transform === undefined || linear || method === "asif-csa" ? [] : [transformText(transform)]),
    ...(k === undefined || linear ? [] : [`k ${k}`]),
    ...(p === undefined || linear ? [] : [`p ${Number(p.toFixed(3))}`]),
    ...(rank == null || method === "asif" ? [] : [`rank ${rank}`]),
    ...(ensemble === "mean" ? ["mean"] : []),
  ].join(", ");
};

import { signed } from "../../math/fixed.ts";
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
  const { chosen, before, auto, trials, folds, questions, classes, anchors, tookMs } = tuning;
  const rows: readonly (readonly [string, string, Measured])[] = [
    ...(before === null ? [] : [["before", nameOf(before), before] as const]),
    ...(auto == null || auto.kept ? [] : [["auto", "auto", auto] as const]),
    ["chosen", nameOf(chosen), chosen],
    ...trials.slice(auto?.kept === true ? 0 : 1, SHOWN).map((trial) => ["", nameOf(trial), trial] as const),
  ];
  const width = Math.max(...rows.map(([, name]) => name.length));
  return [
    `${questions} images of ${folds} folds, ${classes} classes each, asked of ${anchors} anchors in ${Math.round(tookMs / 1000)} s`,
    `        ${" ".repeat(width)} ${METRIC_NAMES.map(([, name]) => name.padStart(12)).join("")}`,
    ...rows.map(
      ([what, name, measured]) =>
        `${what.padEnd(8)}${name.padEnd(width)} ${METRIC_NAMES.map(([metric]) => share(measured, metric)).join("")}`,
    ),
    ...(auto == null ? [] : [againstAuto(tuning, auto)]),
    `${trials.length} settings tried${tuning.complete ? "" : "; the budget ran out before all were"}`,
  ];
};

/** How far the best is from `auto`, in points of the objective. */
const againstAuto = (
  { objective }: TuningFindings,
  { difference, kept }: NonNullable<TuningFindings["auto"]>,
): string => {
  const { mean, low, high } = difference;
  const [by, from, to] = [mean, low, high].map((value) => signed(100 * value, 1));
  const name = METRIC_NAMES.find(([metric]) => metric === objective)?.[1] ?? objective;
  const verdict = kept ? "not surely better, so auto is kept" : "surely better";
  return `the best is ${by} points of ${name} from auto (${from} to ${to}): ${verdict}`;
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

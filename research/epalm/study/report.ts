import { type ChartPoint, lineChartSvg } from "../../../src/features/evaluation/index.ts";
import type { Heard } from "./hear.ts";
import { ABLATED_PLAN, ABLATION_PLANS, GROWTH_PLANS, MAIN_PLAN, type Plan } from "./plans.ts";
import type { Outcome } from "./run-plan.ts";
import type { Measure, Score, Scores } from "./scores.ts";
import type { Watched } from "./watch.ts";

export interface EpalmReport {
  readonly decoder: { readonly id: string; readonly sha256: string; readonly parameters: number };
  readonly encoder: string;
  readonly images: Readonly<Record<string, number>>;
  readonly steps: number;
  readonly seed: number;
  readonly outcomes: readonly Outcome[];
  readonly watching: Watched | null;
  readonly hearing: Heard | null;
}

const COLUMNS: readonly (readonly [Measure, string])[] = [
  ["all", "all"],
  ["what", "what"],
  ["colour", "colour"],
  ["group", "group"],
  ["count", "how many"],
  ["cider", "CIDEr"],
  ["bleu4", "BLEU-4"],
  ["rougeL", "ROUGE-L"],
];

/** A Markdown table of the images of one split. */
export const splitTable = (outcomes: readonly Outcome[], split: "seen" | "unseen"): string => {
  const head = ["", "trained", "share", ...COLUMNS.map(([, title]) => title)];
  return [
    `| ${head.join(" | ")} |`,
    `| --- |${" ---: |".repeat(head.length - 1)}`,
    ...outcomes.map(({ plan, trained, scores }) => {
      const cells = [
        plan.name,
        trained === null ? "" : trained.parameters.toLocaleString("en-US"),
        trained === null ? "" : `${(100 * trained.share).toFixed(2)} %`,
        ...COLUMNS.map(([measure]) => cell(scores[split], measure)),
      ];
      return `| ${cells.join(" | ")} |`;
    }),
  ].join("\n");
};

/** A value with the ends of its interval. */
const cell = (scores: Scores, measure: Measure): string => {
  const score = scores[measure];
  if (score === undefined) return "";
  return `${score.value.toFixed(1)} (${score.low.toFixed(0)}–${score.high.toFixed(0)})`;
};

/** All tables, under headings. */
export const epalmTable = ({ outcomes, watching, hearing }: EpalmReport): string => {
  const of = (plans: readonly Plan[]): Outcome[] =>
    outcomes.filter(({ plan }) => plans.some(({ id }) => id === plan.id));
  const ablated = outcomes.filter(({ plan }) => plan.id === ABLATED_PLAN);
  const parts: readonly (readonly [string, readonly Outcome[]])[] = [
    ["", of(GROWTH_PLANS)],
    [
      ", each row another than the first in one thing, on 30 % of the images",
      [...ablated, ...of(ABLATION_PLANS)],
    ],
  ];
  return [
    ...parts.flatMap(([title, own]) =>
      own.length === 0
        ? []
        : [
            `### Emoji that were trained on, drawn by a vendor that was not${title}`,
            "",
            splitTable(own, "seen"),
            "",
            `### Emoji of which no drawing was trained on${title}`,
            "",
            splitTable(own, "unseen"),
            "",
          ],
    ),
    ...(watching === null ? [] : [watchingTable(watching), ""]),
    ...(hearing === null ? [] : [hearingLine(hearing), ""]),
  ].join("\n");
};

const watchingTable = ({ clips, ways }: Watched): string =>
  [
    `### Clips: ${clips.test} of emoji that none of ${clips.train} clips of the training shows`,
    "",
    "| frames | tokens a layer | exact match |",
    "| --- | ---: | ---: |",
    ...ways.map(
      ({ way, tokens, exactMatch: { value, low, high } }) =>
        `| ${way} | ${tokens} | ${value.toFixed(1)} (${low.toFixed(0)}–${high.toFixed(0)}) |`,
    ),
  ].join("\n");

const hearingLine = ({ kinds, sounds, exactMatch, blindfolded, trained }: Heard): string =>
  `Sounds of ${kinds} kinds, ${sounds.test} of each: exact match ${exactMatch.value.toFixed(1)} % (${exactMatch.low.toFixed(0)}–${exactMatch.high.toFixed(0)}), with visual tokens of zeros ${blindfolded.toFixed(1)} %; ${sounds.train} of each were trained on, ${(100 * trained.share).toFixed(2)} % of all parameters.`;

const GROWING: readonly (readonly [plan: string, name: string])[] = [
  ["adapter-retrieved", "adapter + retrieved captions"],
  [MAIN_PLAN, "adapter"],
  ["retrieval", "retrieval alone"],
];
const SHARES = ["-10", "-30", ""] as const;

/** Exact match, mean over the four questions, as the training set grows; null where no plan of another size was run. */
export const growthChart = ({ outcomes }: EpalmReport, split: "seen" | "unseen"): string | null => {
  const byId = new Map(outcomes.map((outcome) => [outcome.plan.id, outcome]));
  const series = GROWING.map(([plan, name]) => ({
    name,
    points: SHARES.flatMap((suffix): ChartPoint[] => {
      const outcome = byId.get(`${plan}${suffix}`);
      const score: Score | undefined = outcome?.scores[split].all;
      return outcome === undefined || score === undefined
        ? []
        : [{ x: outcome.images, y: score.value, low: score.low, high: score.high }];
    }),
  })).filter(({ points }) => points.length > 1);
  if (series.length === 0) return null;
  const blind = byId.get("prompt-only")?.scores[split].all;
  return lineChartSvg({
    title: "Questions about images, answered by a frozen decoder",
    subtitle:
      split === "seen"
        ? "emoji that were trained on, drawn by a vendor that was not; 95 % bootstrap intervals"
        : "emoji of which no drawing was trained on; 95 % bootstrap intervals",
    xLabel: "training images",
    yLabel: "exact match in percent, mean over four questions",
    xScale: "log",
    series,
    references: blind === undefined ? [] : [{ name: "trained prompt alone, blind", y: blind.value }],
  });
};

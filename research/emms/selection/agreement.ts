import { fixed } from "../../../src/math/fixed.ts";
import {
  topOneRegret,
  weightedTau,
  type TransferMethod,
} from "../../../src/features/selection/emms/index.ts";
import { nameOf, type Candidate, type Selection } from "../../../src/features/selection/index.ts";

/** What candidates came to in truth, by which methods are judged. */
export interface Truth {
  readonly name: string;
  /** Of a candidate; null where it is not known. */
  readonly of: (candidate: Candidate) => number | null;
}

export interface Agreement {
  readonly method: TransferMethod;
  /** With each truth; null where one of them is constant. */
  readonly with: readonly { readonly tau: number | null; readonly regret: number }[];
  /** Of all candidates together. */
  readonly tookMs: number;
}

/** How far each method of a selection ranks as each truth does: weighted Kendall tau, and top-1 regret. */
export const agreements = (
  { candidates, settings }: Pick<Selection, "candidates" | "settings">,
  truths: readonly Truth[],
): Agreement[] =>
  settings.methods.map((method) => ({
    method,
    with: truths.map((truth) => {
      const both = candidates.flatMap((candidate) => {
        const [score, value] = [candidate.scores[method]?.score, truth.of(candidate)];
        return score == null || value === null ? [] : [[score, value] as const];
      });
      const [scores, values] = [both.map(([score]) => score), both.map(([, value]) => value)];
      if (both.length < 2) return { tau: null, regret: NaN };
      return { tau: weightedTau(scores, values), regret: topOneRegret(scores, values) };
    }),
    tookMs: candidates.reduce((sum, { scores }) => sum + (scores[method]?.tookMs ?? 0), 0),
  }));

/**
 * As lines: every candidate with its truths and its ranks, then every method with how far it agrees, over all
 * candidates and over those of each transform.
 */
export const agreementTable = (
  selection: Pick<Selection, "candidates" | "settings" | "samples" | "classes">,
  truths: readonly Truth[],
): string[] => {
  const { candidates, settings, samples, classes } = selection;
  const { methods } = settings;
  const width = Math.max(...candidates.map((candidate) => nameOf(candidate).length));
  const titles = [...truths.map(({ name }) => name), ...methods];
  const row = (first: string, cells: readonly string[]): string =>
    [first.padEnd(width), ...cells.map((cell, i) => cell.padStart(Math.max(7, titles[i]?.length ?? 0)))].join(
      "  ",
    );
  const [first] = truths;
  const ordered = [...candidates].sort((a, b) => (first?.of(b) ?? 0) - (first?.of(a) ?? 0));
  return [
    `${candidates.length} candidates, ${samples.used} samples, ${classes} classes; truths in percent, methods by rank`,
    row("candidate", titles),
    ...ordered.map((candidate) =>
      row(nameOf(candidate), [
        ...truths.map(({ of }) => percent(of(candidate))),
        ...methods.map((method) => `#${candidate.scores[method]?.rank ?? "-"}`),
      ]),
    ),
    ...[...new Set([null, ...candidates.map(({ transform }) => transform)])].flatMap((transform) => {
      const some = candidates.filter((candidate) => transform === null || candidate.transform === transform);
      const what = transform === null ? "all candidates" : `those with transform ${transform}`;
      return ["", ...agreementLines(what, agreements({ candidates: some, settings }, truths), truths)];
    }),
  ];
};

const agreementLines = (what: string, told: readonly Agreement[], truths: readonly Truth[]): string[] => [
  [
    what.padEnd(28),
    ...truths.map(({ name }) => `tau ${name}, regret`.padStart(20)),
    "seconds".padStart(9),
  ].join(" "),
  ...told.map(({ method, with: by, tookMs }) =>
    [
      method.padEnd(28),
      ...by.map(({ tau, regret }) =>
        `${tau === null ? "-" : fixed(tau, 3)}, ${percent(regret)}`.padStart(20),
      ),
      (tookMs / 1000).toFixed(1).padStart(9),
    ].join(" "),
  ),
];

const percent = (share: number | null): string =>
  share === null || Number.isNaN(share) ? "-" : (100 * share).toFixed(1);

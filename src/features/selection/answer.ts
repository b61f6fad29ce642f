import type { TransferMethod } from "./emms/index.ts";
import { aheadOf, withRanks } from "./ranking.ts";
import { spans, withoutSpanned } from "./saturation.ts";
import type { CandidateScores } from "./score-candidate.ts";
import type { Candidate, Selection, Winner } from "./types.ts";

type Named = Pick<Candidate, "model" | "transform" | "features">;

/**
 * Candidates with their scores, in the order of the first method's ranking, and each method's winner. Candidates of one
 * score keep the order in which they came.
 */
export const rankCandidates = (
  named: readonly Named[],
  scored: readonly CandidateScores[],
  methods: readonly TransferMethod[],
  samples: number,
): Pick<Selection, "candidates" | "winners"> => {
  const usable = scored.map((own) => withoutSpanned(own, samples));
  const ranked = withRanks(usable, methods);
  const candidates = named.map((own, i): Candidate => {
    const scores = ranked[i] ?? {};
    const spanning = (rows: number): TransferMethod[] =>
      methods.filter((method) => spans(method, scores[method]?.diagnostics, rows));
    const inHalves = (method: TransferMethod): boolean =>
      scored[i]?.methods.some((one) => one.method === method && one.halves.length > 0) ?? false;
    const halved = spanning(Math.floor(samples / 2)).filter(inHalves);
    const notes = notesOf(spanning(samples), halved, samples);
    return { ...own, dimension: scored[i]?.dimension ?? 0, scores, notes };
  });
  const orderBy = (method: TransferMethod | undefined): number[] =>
    candidates
      .map((_, i) => i)
      .sort((a, b) => rankIn(candidates[a], method) - rankIn(candidates[b], method) || a - b);
  const winners = methods.flatMap((method): [TransferMethod, Winner][] => {
    const [first, second] = orderBy(method).filter((i) => candidates[i]?.scores[method]?.score != null);
    const winner = first === undefined ? undefined : candidates[first];
    if (first === undefined || winner === undefined) return [];
    const runnerUp = second === undefined ? undefined : candidates[second];
    const [best, next] = [winner.scores[method]?.score, runnerUp?.scores[method]?.score];
    const halvesOf = (i: number | undefined) =>
      usable[i ?? -1]?.methods.find((one) => one.method === method)?.halves ?? [];
    return [
      [
        method,
        {
          model: winner.model,
          transform: winner.transform,
          runnerUp: runnerUp === undefined ? null : { model: runnerUp.model, transform: runnerUp.transform },
          margin: best == null || next == null ? null : best - next,
          ahead: second === undefined ? null : aheadOf(halvesOf(first), halvesOf(second)),
        },
      ],
    ];
  });
  return {
    candidates: orderBy(methods[0]).flatMap((i) => candidates[i] ?? []),
    winners: Object.fromEntries(winners),
  };
};

const rankIn = (candidate: Candidate | undefined, method: TransferMethod | undefined): number =>
  (method === undefined ? null : candidate?.scores[method]?.rank) ?? Infinity;

const notesOf = (
  whole: readonly TransferMethod[],
  halved: readonly TransferMethod[],
  samples: number,
): string[] => {
  if (whole.length > 0)
    return [
      `its features span all that ${samples} samples can differ in, so ${whole.join(" and ")} would score any labels as high: compare it over more samples or with fewer dimensions`,
    ];
  return halved.length === 0
    ? []
    : [
        `its features span all that half of the ${samples} samples can differ in, so halves say nothing of how sure its rank by ${halved.join(" and ")} is`,
      ];
};

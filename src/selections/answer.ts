import type { TransferMethod } from "../emms/index.ts";
import { aheadOf, withRanks } from "./ranking.ts";
import type { CandidateScores } from "./score-candidate.ts";
import type { Candidate, Selection, Winner } from "./types.ts";

type Named = Pick<Candidate, "model" | "transform" | "features">;

/**
 * Candidates with their scores, in the order of the first method's ranking, and each method's winner. Candidates of one
 * score keep the order in which they came.
 */
export const answerOf = (
  named: readonly Named[],
  scored: readonly CandidateScores[],
  methods: readonly TransferMethod[],
  samples: number,
): Pick<Selection, "candidates" | "winners"> => {
  const ranked = withRanks(scored, methods);
  const candidates = named.map((own, i): Candidate => {
    const scores = ranked[i] ?? {};
    return { ...own, dimension: scored[i]?.dimension ?? 0, scores, notes: notesOf(scores, methods, samples) };
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
      scored[i ?? -1]?.methods.find((one) => one.method === method)?.halves ?? [];
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
  scores: Candidate["scores"],
  methods: readonly TransferMethod[],
  samples: number,
): string[] => {
  const half = Math.floor(samples / 2);
  const rankOf = (method: TransferMethod): unknown => scores[method]?.diagnostics.rank;
  const saturated = methods.filter((method) => isSaturated(rankOf(method), samples));
  const inHalves = methods.filter(
    (method) =>
      !saturated.includes(method) && scores[method]?.confidence != null && isSaturated(rankOf(method), half),
  );
  return [
    ...(saturated.length === 0
      ? []
      : [
          `its features span all that ${samples} samples can differ in, so ${saturated.join(", ")} would score any labels as high: compare it over more samples or with fewer dimensions`,
        ]),
    ...(inHalves.length === 0
      ? []
      : [
          `its features span all that the ${half} samples of a half can differ in, so every candidate's confidence and lead by ${inHalves.join(", ")} say nothing: ask for more samples, or for fewer dimensions`,
        ]),
  ];
};

/** Whether the centred features span as many directions as so many samples have. */
const isSaturated = (rank: unknown, samples: number): boolean =>
  typeof rank === "number" && rank >= samples - 1;

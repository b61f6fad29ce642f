import { FEWEST_HALVES } from "./halves.ts";
import type { CandidateScores, MethodScores } from "./score-candidate.ts";
import type { TransferMethod } from "./emms/index.ts";
import type { CandidateScore, Confidence } from "./types.ts";

/** The share of a rank's distribution below, and above, its interval. */
const TAIL = 0.05;

/** 1 for the highest score, the same rank for the same score; null where there is none. */
export const ranksOf = (scores: readonly (number | null)[]): (number | null)[] =>
  scores.map((score) =>
    score === null ? null : 1 + scores.filter((other) => other !== null && other > score).length,
  );

/** Of each candidate, how sure its rank is, from `[candidates][halves]` scores; a half counts where all of them have one. */
const confidencesOf = (scores: readonly (readonly (number | null)[])[]): (Confidence | null)[] => {
  const halves = completeHalves(scores);
  if (halves.length < FEWEST_HALVES) return scores.map(() => null);
  const ranks = halves.map((i) => ranksOf(scores.map((own) => own[i] ?? null)));
  return scores.map((_, candidate) => {
    const own = ranks.map((ofHalf) => ofHalf[candidate] ?? NaN).sort((a, b) => a - b);
    const first = ranks.reduce((sum, ofHalf) => {
      const leaders = ofHalf.filter((rank) => rank === 1).length;
      return sum + (ofHalf[candidate] === 1 ? 1 / leaders : 0);
    }, 0);
    const at = (share: number): number => own[Math.round(share * (own.length - 1))] ?? NaN;
    return { halves: halves.length, first: first / halves.length, rank: [at(TAIL), at(1 - TAIL)] };
  });
};

/** The share of halves in which one candidate is ahead of another, ties as half; null where too few were scored. */
export const aheadOf = (
  one: readonly (number | null)[],
  other: readonly (number | null)[],
): number | null => {
  const halves = completeHalves([one, other]);
  if (halves.length < FEWEST_HALVES) return null;
  const wins = halves.reduce((sum, i) => {
    const [a, b] = [one[i] ?? 0, other[i] ?? 0];
    return sum + (a > b ? 1 : a === b ? 0.5 : 0);
  }, 0);
  return wins / halves.length;
};

const completeHalves = (scores: readonly (readonly (number | null)[])[]): number[] =>
  (scores[0] ?? []).flatMap((_, i) => (scores.every((own) => own[i] != null) ? [i] : []));

/** Of every candidate its scores with their ranks. Confidence is among those of which halves were scored. */
export const withRanks = (
  candidates: readonly CandidateScores[],
  methods: readonly TransferMethod[],
): Partial<Record<TransferMethod, CandidateScore>>[] => {
  const ranked = candidates.map((): Partial<Record<TransferMethod, CandidateScore>> => ({}));
  for (const method of methods) {
    const own = candidates.map(({ methods: scored }) => scored.find((one) => one.method === method));
    const ranks = ranksOf(own.map((one) => one?.score ?? null));
    const judged = own.filter(
      (one): one is MethodScores => (one?.halves ?? []).length > 0 && one?.score != null,
    );
    const confidences = confidencesOf(judged.map(({ halves }) => halves));
    own.forEach((one, i) => {
      const into = ranked[i];
      if (one === undefined || into === undefined) return;
      const { score, reason, tookMs, weights, diagnostics } = one;
      into[method] = {
        ...{ score, tookMs, diagnostics },
        ...(reason === undefined ? {} : { reason }),
        ...(weights === undefined ? {} : { weights }),
        rank: ranks[i] ?? null,
        confidence: confidences[judged.indexOf(one)] ?? null,
      };
    });
  }
  return ranked;
};

import { averageRanks } from "../rank-correlation/index.ts";

/** How several scorers' calibrated scores of a proposal become one. */
export type Aggregation =
  /** The weighted mean: with z-scores what the paper's sum is, but for scorers that cannot judge. */
  | { readonly kind: "mean" }
  /** The weighted sum of logarithms of scores that are shares, such as of `softmax`: a product of experts. */
  | { readonly kind: "product" }
  /** The lowest, whatever the weights above 0: the worst case (Coste et al., arXiv 2310.02743). */
  | { readonly kind: "min" }
  /** The mean less `lambda` times the weighted variance between scorers. */
  | { readonly kind: "mean-variance"; readonly lambda?: number }
  /** The weighted mean without the highest and the lowest, where at least three judge. */
  | { readonly kind: "trimmed" }
  /** Points for the places: as many as there are others behind. */
  | { readonly kind: "borda" }
  /** Reciprocal rank fusion: sum of 1 / (60 + rank). */
  | { readonly kind: "reciprocal-rank" }
  /** The weight of the scorers that put it first, ties shared. */
  | { readonly kind: "majority" };

export interface Aggregated {
  /** One a proposal, higher is better; NaN where no scorer judges it. */
  readonly values: Float64Array;
  /** The share of all weight whose scorers judge it. */
  readonly judged: Float64Array;
}

const LAMBDA = 0.5;
/** Cormack, Clarke and Büttcher, SIGIR 2009. */
const RRF = 60;
/** Shares of 0 would make a product of experts minus infinity. */
const LEAST = 1e-300;

/**
 * @param members calibrated scores of each scorer, one a proposal, NaN where it cannot judge
 * @param weights one a scorer, with a sum that is not 0; over each proposal they are normalised to the scorers that
 * judge it
 */
export const aggregate = (
  members: readonly Float64Array[],
  weights: readonly number[],
  aggregation: Aggregation,
): Aggregated => {
  const count = members[0]?.length ?? 0;
  const total = weights.reduce((a, b) => a + Math.abs(b), 0);
  if (aggregation.kind === "mean") return meanOf(members, weights, total);
  // A weight of 0 has no say, such as of a scorer that was dropped.
  const voices = [...members.keys()].filter((n) => (weights[n] ?? 0) !== 0);
  const terms = members.map((scores) => termsOf(scores, aggregation));
  const values = new Float64Array(count).fill(Number.NaN);
  const judged = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const judges = voices.filter((n) => !Number.isNaN(terms[n]?.[i]));
    const weight = judges.reduce((sum, n) => sum + Math.abs(weights[n] ?? 0), 0);
    judged[i] = weight / total;
    if (judges.length === 0) continue;
    const parts = judges.map((n) => ({ score: terms[n]?.[i] ?? 0, weight: (weights[n] ?? 0) / weight }));
    values[i] = combine(parts, aggregation);
  }
  return { values, judged };
};

/** What most runs and every consensus of classes ask for, without allocations for each proposal. */
const meanOf = (members: readonly Float64Array[], weights: readonly number[], total: number): Aggregated => {
  const count = members[0]?.length ?? 0;
  const values = new Float64Array(count);
  const judged = new Float64Array(count);
  members.forEach((scores, n) => {
    const weight = weights[n] ?? 0;
    for (let i = 0; i < count; i++) {
      const score = scores[i] ?? Number.NaN;
      if (Number.isNaN(score)) continue;
      values[i] = (values[i] ?? 0) + weight * score;
      judged[i] = (judged[i] ?? 0) + Math.abs(weight);
    }
  });
  for (let i = 0; i < count; i++) {
    // 0 by 0 where no scorer judges it.
    values[i] = (values[i] ?? 0) / (judged[i] ?? 0);
    judged[i] = (judged[i] ?? 0) / total;
  }
  return { values, judged };
};

interface Part {
  readonly score: number;
  readonly weight: number;
}

const combine = (parts: readonly Part[], aggregation: Aggregation): number => {
  const mean = weightedMean(parts);
  switch (aggregation.kind) {
    case "min":
      return parts.reduce((least, { score }) => Math.min(least, score), Infinity);
    case "mean-variance": {
      const variance = parts.reduce((sum, { score, weight }) => sum + weight * (score - mean) ** 2, 0);
      return mean - (aggregation.lambda ?? LAMBDA) * variance;
    }
    case "trimmed": {
      if (parts.length < 3) return mean;
      const kept = [...parts].sort((a, b) => a.score - b.score).slice(1, -1);
      const weight = kept.reduce((sum, part) => sum + part.weight, 0);
      return weight === 0 ? mean : weightedMean(kept) / weight;
    }
    case "product":
    case "borda":
    case "reciprocal-rank":
    case "majority":
      return mean * parts.length;
    case "mean":
      return mean;
  }
};

const weightedMean = (parts: readonly Part[]): number =>
  parts.reduce((sum, { score, weight }) => sum + weight * score, 0);

/** What each score counts as before it meets the others'. */
const termsOf = (scores: Float64Array, { kind }: Aggregation): Float64Array => {
  switch (kind) {
    case "product":
      return scores.map((share) => Math.log(Math.max(share, LEAST)));
    case "borda": {
      const ranks = averageRanks(scores, "highest");
      const judged = ranks.filter((rank) => !Number.isNaN(rank)).length;
      return ranks.map((rank) => judged - rank);
    }
    case "reciprocal-rank":
      return averageRanks(scores, "highest").map((rank) => 1 / (RRF + rank));
    case "majority": {
      const top = scores.reduce((a, b) => (Number.isNaN(b) ? a : Math.max(a, b)), -Infinity);
      const first = scores.filter((score) => score === top).length;
      return scores.map((score) => (Number.isNaN(score) ? score : score === top ? 1 / first : 0));
    }
    default:
      return scores;
  }
};

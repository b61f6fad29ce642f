import { averageRanks } from "./ranks.ts";

/** How the calibrated scores of several scorers are combined into one. */
export type Aggregation =
  /** Weighted mean: with z-scores, the sum of the paper normalised to the scorers that have a score. */
  | { readonly kind: "mean" }
  /** Weighted sum of log-scores, for scores that are probabilities (such as `softmax`): a product of experts. */
  | { readonly kind: "product" }
  /** Minimum over the scorers with non-zero weight: the worst case (Coste et al., arXiv 2310.02743). */
  | { readonly kind: "min" }
  /** Weighted mean minus `lambda` (default 0.5) times the weighted variance between scorers. */
  | { readonly kind: "mean-variance"; readonly lambda?: number }
  /** Weighted mean without the highest and the lowest score, if at least three scorers have a score. */
  | { readonly kind: "trimmed" }
  /** Borda count: each scorer gives a proposal one point per proposal ranked below it. */
  | { readonly kind: "borda" }
  /** Reciprocal rank fusion: the weighted sum of 1 / (60 + rank). */
  | { readonly kind: "reciprocal-rank" }
  /** Plurality vote: the weight of the scorers that rank it first; ties are split. */
  | { readonly kind: "majority" };

/** The result of {@link aggregate}. */
export interface Aggregated {
  /** `[proposals]`, higher is better; NaN if no scorer has a score. */
  readonly values: Float64Array;
  /** `[proposals]`: the share of total absolute weight held by the scorers that have a score. */
  readonly judged: Float64Array;
}

const LAMBDA = 0.5;
/** The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009). */
const RRF = 60;
/** Lower bound of a score before its logarithm: one zero would make the whole product of experts -Infinity. */
const LEAST = 1e-300;

/**
 * Combines the calibrated scores of several scorers into one score per proposal.
 *
 * @param members one array `[proposals]` of calibrated scores per scorer; NaN if the scorer has no score
 * @param weights one per scorer, not all 0; for each proposal they are normalised over the scorers that have a score
 * @example
 * ```ts
 * const members = [Float64Array.of(1, 0), Float64Array.of(0, 4)];
 * aggregate(members, [0.5, 0.5], { kind: "mean" }).values; // [0.5, 2]
 * ```
 */
export const aggregate = (
  members: readonly Float64Array[],
  weights: readonly number[],
  aggregation: Aggregation,
): Aggregated => {
  const count = members[0]?.length ?? 0;
  const total = weights.reduce((a, b) => a + Math.abs(b), 0);
  if (aggregation.kind === "mean") return meanOf(members, weights, total);
  // Ignore scorers with weight 0, such as those that were dropped.
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

/** The most common aggregation, without allocations per proposal. */
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
    // 0 / 0 = NaN if no scorer has a score.
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

/** The transformed scores that each scorer contributes before they are combined. */
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

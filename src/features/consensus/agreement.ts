import { populationDeviation } from "../../math/statistics.ts";
import {
  aggregate,
  type Aggregation,
  finiteOf,
  logSoftmax,
  averageRanks,
} from "../../math/ensemble/index.ts";

/** How far the scorers agree, and how certain the result is. */
export interface Agreement {
  /** Aggregated score of the winner minus that of the runner-up; null if there is no runner-up. */
  readonly margin: number | null;
  /** The margin in population standard deviations of all aggregated scores; null if those are all equal. */
  readonly marginInDeviations: number | null;
  /** Among the scorers with non-zero weight that score the winner: the share that rank it first. In [0, 1]. */
  readonly agreement: number;
  /** Kendall's coefficient of concordance, corrected for ties; 1 if all rankings agree, null if it is undefined. */
  readonly kendallW: number | null;
  /** Entropy of the softmax of the aggregated scores, in nats. */
  readonly entropy: number;
  /** Weighted standard deviation of the winner's calibrated scores across scorers. */
  readonly disagreement: number;
  /** For each scorer, whether the winner stays first without it; null if no other scorer has a non-zero weight. */
  readonly stableWithout: readonly (boolean | null)[];
}

/**
 * Measures how far the scorers agree on the winner.
 *
 * @param members one array `[proposals]` of calibrated scores per scorer; NaN if the scorer has no score
 * @param weights one per scorer, as given to {@link aggregate}
 * @param values `[proposals]`: the aggregated scores
 * @param order indices of the proposals, best aggregated score first
 */
export const agreementOf = (
  members: readonly Float64Array[],
  weights: readonly number[],
  aggregation: Aggregation,
  values: Float64Array,
  order: readonly number[],
): Agreement => {
  const [winner = -1, second] = order;
  const finite = finiteOf(values);
  const deviation = populationDeviation(finite);
  const lead = second === undefined ? null : (values[winner] ?? 0) - (values[second] ?? 0);
  const margin = lead === null || Number.isNaN(lead) ? null : lead;
  const voices = members.filter((_, n) => (weights[n] ?? 0) !== 0);
  const judges = voices.filter((scores) => !Number.isNaN(scores[winner] ?? Number.NaN));
  const first = judges.filter((scores) => scores.every((score) => !(score > (scores[winner] ?? 0))));
  return {
    margin,
    marginInDeviations: margin === null || deviation === 0 ? null : margin / deviation,
    agreement: judges.length === 0 ? 0 : first.length / judges.length,
    kendallW: kendallW(voices),
    entropy: entropyOf(finite),
    disagreement: spreadAt(members, weights, winner),
    stableWithout: members.map((_, n) =>
      members.length < 2 ? null : isFirstWithout(members, weights, aggregation, winner, n),
    ),
  };
};

/**
 * Kendall's coefficient of concordance W, corrected for ties, over the items that every scorer scores.
 *
 * @returns in [0, 1]; null for fewer than two scorers or shared items, or if every scorer ties all items
 * @example
 * ```ts
 * kendallW([Float64Array.of(1, 2, 3), Float64Array.of(10, 20, 30)]); // 1
 * ```
 */
export const kendallW = (members: readonly Float64Array[]): number | null => {
  const shared = Array.from(members[0]?.keys() ?? []).filter((i) =>
    members.every((scores) => Number.isFinite(scores[i])),
  );
  const [m, n] = [members.length, shared.length];
  if (m < 2 || n < 2) return null;
  const sums = new Float64Array(n);
  let ties = 0;
  for (const scores of members) {
    const ranks = averageRanks(
      Float64Array.from(shared, (i) => scores[i] ?? 0),
      "highest",
    );
    ranks.forEach((rank, i) => (sums[i] = (sums[i] ?? 0) + rank));
    const sizes = new Map<number, number>();
    for (const rank of ranks) sizes.set(rank, (sizes.get(rank) ?? 0) + 1);
    for (const size of sizes.values()) ties += size ** 3 - size;
  }
  const mean = (m * (n + 1)) / 2;
  const squares = sums.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const scale = m ** 2 * (n ** 3 - n) - m * ties;
  return scale === 0 ? null : (12 * squares) / scale;
};

const entropyOf = (values: Float64Array): number =>
  values.length === 0 ? 0 : -logSoftmax(values, 1).reduce((sum, log) => sum + Math.exp(log) * log, 0);

const spreadAt = (members: readonly Float64Array[], weights: readonly number[], item: number): number => {
  const parts = members
    .map((scores, n) => ({ score: scores[item] ?? Number.NaN, weight: Math.abs(weights[n] ?? 0) }))
    .filter(({ score }) => !Number.isNaN(score));
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return 0;
  const mean = parts.reduce((sum, { score, weight }) => sum + weight * score, 0) / total;
  return Math.sqrt(parts.reduce((sum, { score, weight }) => sum + weight * (score - mean) ** 2, 0) / total);
};

const isFirstWithout = (
  members: readonly Float64Array[],
  weights: readonly number[],
  aggregation: Aggregation,
  winner: number,
  left: number,
): boolean | null => {
  const others = weights.filter((_, n) => n !== left);
  if (others.every((weight) => weight === 0)) return null;
  const { values } = aggregate(
    members.filter((_, n) => n !== left),
    others,
    aggregation,
  );
  return values.every((value) => !(value > (values[winner] ?? -Infinity)));
};

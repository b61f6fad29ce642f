import { averageRanks } from "../rank-correlation/index.ts";
import { populationDeviation } from "../statistics.ts";
import { aggregate, type Aggregation } from "./aggregate.ts";
import { finiteOf, logSoftmax } from "./calibrate.ts";

/** How far scorers agree, and how sure the result is. */
export interface Agreement {
  /** The winner's lead over the second; null where there is no second. */
  readonly margin: number | null;
  /** The lead in standard deviations of all aggregated scores; null where these are all equal. */
  readonly marginInDeviations: number | null;
  /** The share of the scorers with a weight that judge the winner whose own first it is. */
  readonly agreement: number;
  /** Kendall's coefficient of concordance, corrected for ties: 1 where all rank alike; null where it is not defined. */
  readonly kendallW: number | null;
  /** Of the softmax of the aggregated scores, in nats. */
  readonly entropy: number;
  /** The weighted standard deviation of the calibrated scores of the winner. */
  readonly disagreement: number;
  /** Of each scorer, whether the winner stays first without it; null where it is the only one. */
  readonly stableWithout: readonly (boolean | null)[];
}

/**
 * @param members calibrated scores of each scorer, one a proposal, NaN where it cannot judge
 * @param order proposals by their aggregated score, best first
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
 * Kendall's W over the items that all of them score, with the correction for ties.
 *
 * @returns null where fewer than two scorers or items are left, or every scorer ties everything
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

import { standardDeviation } from "../../math/statistics.ts";
import { METRICS, type Measured, type Metric, type AccuracySpread } from "./api.ts";

/**
 * The rank of class `truth` among all, each scoring as its best text; 1 is the best. Classes with equal scores get
 * their mean rank, so that the order of the classes does not favour a setting.
 *
 * @param scores of every text, grouped by class in order
 * @param sizes number of texts of each class
 */
export const rankAmong = (scores: Float64Array, sizes: readonly number[], truth: number): number => {
  let first = 0;
  for (let i = 0; i < truth; i++) first += sizes[i] ?? 0;
  const own = best(scores, first, sizes[truth] ?? 0);
  let [above, same] = [0, 0];
  first = 0;
  for (const size of sizes) {
    const score = size === 1 ? (scores[first] ?? 0) : best(scores, first, size);
    first += size;
    if (score > own) above++;
    else if (score === own) same++;
  }
  return above + (same + 1) / 2;
};

const best = (scores: Float64Array, first: number, count: number): number => {
  let highest = -Infinity;
  for (let i = first; i < first + count; i++) highest = Math.max(highest, scores[i] ?? -Infinity);
  return highest;
};

const REACHED: Readonly<Record<Exclude<Metric, "meanReciprocalRank">, number>> = {
  top1: 1,
  top5: 5,
  top10: 10,
};

/** The value of one rank by a metric, in [0, 1]. */
export const valueOf = (metric: Metric, rank: number): number => {
  if (metric === "meanReciprocalRank") return 1 / rank;
  return rank <= REACHED[metric] ? 1 : 0;
};

/** The sums of the values of a fold's ranks, by metric. */
export type FoldSums = Readonly<Record<Metric, number>> & { readonly questions: number };

/** Sums the values of a fold's ranks, once for all comparisons of its trial. */
export const sumRanks = (ranks: Float64Array): FoldSums => {
  const sums = { questions: ranks.length, top1: 0, top5: 0, top10: 0, meanReciprocalRank: 0 };
  for (const metric of METRICS) for (const rank of ranks) sums[metric] += valueOf(metric, rank);
  return sums;
};

/** The mean over the questions of all folds, with the spread over folds. */
export const measure = (folds: readonly FoldSums[]): Measured => {
  const questions = folds.reduce((sum, fold) => sum + fold.questions, 0);
  const every = (of: (metric: Metric) => number): AccuracySpread =>
    Object.fromEntries(METRICS.map((metric) => [metric, of(metric)])) as AccuracySpread;
  return {
    ...every((metric) => folds.reduce((sum, fold) => sum + fold[metric], 0) / questions),
    spread: every((metric) => standardDeviation(folds.map((fold) => fold[metric] / fold.questions))),
  };
};

import { mean, populationDeviation } from "../../src/math/statistics.ts";

/**
 * Scores minus their mean, divided by their population standard deviation; zeros where all scores are equal.
 *
 * @example
 * ```ts
 * standardScores(Float64Array.of(1, 2, 3)); // -1.224745, 0, 1.224745
 * ```
 */
export const standardScores = (scores: Float64Array): Float64Array => {
  // The rounded mean of equal scores may differ from them, so that their deviation is not exactly 0.
  if (scores.every((score) => score === scores[0])) return new Float64Array(scores.length);
  const centre = mean(scores);
  const deviation = populationDeviation(scores, centre);
  return scores.map((score) => (score - centre) / deviation);
};

/** The sum of what earlier rungs scored, if there are any, and the standardized scores of the next rung. */
export const fuseScores = (earlier: Float64Array | null, scores: Float64Array): Float64Array => {
  const standard = standardScores(scores);
  return earlier === null ? standard : standard.map((score, i) => score + (earlier[i] ?? 0));
};

/**
 * The probability of the best class by `softmax(scores / temperature)`.
 *
 * @param scores at least one
 * @param temperature above 0
 * @returns in (0, 1]
 */
export const confidenceOf = (scores: Float64Array, temperature: number): number => {
  const best = Math.max(...scores);
  let sum = 0;
  for (const score of scores) sum += Math.exp((score - best) / temperature);
  return 1 / sum;
};

/**
 * The loss from choosing the item with the highest score: the best truth minus the truth of the chosen item. If several
 * items share the highest score, their mean truth is used (the expectation of a random choice).
 *
 * @param scores `[n]`: the criterion of the choice, e.g. estimated quality of models
 * @param truths `[n]`: the outcome, e.g. the models' accuracies
 * @returns 0 or more, in the unit of `truths`
 * @example
 * ```ts
 * topOneRegret([3, 2, 1], [0.7, 0.9, 0.5]); // 0.2: the second item would have been better
 * ```
 */
export const topOneRegret = (scores: ArrayLike<number>, truths: ArrayLike<number>): number => {
  let [highest, best, sum, count] = [-Infinity, -Infinity, 0, 0];
  for (let i = 0; i < scores.length; i++) {
    const [score, truth] = [scores[i] ?? 0, truths[i] ?? 0];
    if (score > highest) [highest, sum, count] = [score, 0, 0];
    if (score === highest) {
      sum += truth;
      count += 1;
    }
    best = Math.max(best, truth);
  }
  return count === 0 ? 0 : Math.max(0, best - sum / count);
};

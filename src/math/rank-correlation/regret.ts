/**
 * What is lost by taking the item of the highest score: the best truth less that item's. Where several have the highest
 * score, the mean of theirs, as of one drawn from them.
 *
 * @param scores by which is chosen, e.g. of models
 * @param truths as many, e.g. their accuracies, in whose unit the regret is
 * @returns 0 or more
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

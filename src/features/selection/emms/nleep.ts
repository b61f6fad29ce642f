import { checkedClasses, undefinedScore } from "./classes.ts";
import { fitMixture } from "./gaussian-mixture.ts";
import { logExpectedPrediction } from "./log-expected-prediction.ts";
import { principalComponents } from "./principal-components.ts";
import type { TransferScorer } from "./types.ts";

const COMPONENTS_PER_CLASS = 5;
const VARIANCE = 0.8;

/**
 * NLEEP (Li et al., "Ranking neural checkpoints", CVPR 2021): LEEP with the components of a Gaussian mixture in the
 * features, reduced to their principal directions, for the model's own classes.
 *
 * Five components a class and 80 % of the variance, as the authors of the compared scores take them; the components are at
 * most half as many as rows, and have diagonal covariances: full ones have more parameters than a component has rows.
 */
export const nleep: TransferScorer = {
  name: "nleep",
  needs: ["classes"],
  score: async (input, { nleep: options = {} }, signal) => {
    const classes = checkedClasses("nleep", input);
    const { componentsPerClass = COMPONENTS_PER_CLASS, variance = VARIANCE, seed = 0 } = options;
    const { rows, varianceKept } = await principalComponents(
      input.embeddings,
      (variances) => directionsFor(variances, variance),
      signal,
    );
    if (rows.columns === 0) throw undefinedScore(["features"], "do not vary, so that nleep is not defined");
    const most = Math.max(1, Math.floor(rows.rows / 2));
    const fit = await fitMixture(rows, Math.min(componentsPerClass * classes.count, most), seed, signal);
    return {
      score: logExpectedPrediction(fit.responsibilities, classes.ids, classes.count),
      diagnostics: {
        classes: classes.count,
        components: fit.responsibilities.columns,
        dimensions: rows.columns,
        varianceKept,
        iterations: fit.logLikelihoods.length,
        converged: fit.converged,
        logLikelihood: fit.logLikelihoods.at(-1) ?? 0,
      },
    };
  },
};

/** The fewest directions that together have this share of the variance. */
const directionsFor = (variances: Float64Array, share: number): number => {
  const total = variances.reduce((sum, value) => sum + value, 0);
  let [sum, count] = [0, 0];
  while (count < variances.length && sum < share * total) {
    sum += variances[count] ?? 0;
    count += 1;
  }
  return count;
};

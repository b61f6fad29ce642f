import { checkedClasses } from "./classes.ts";
import { logExpectedPrediction } from "./log-expected-prediction.ts";
import { sourceProbabilitiesOf } from "./source-probabilities.ts";
import type { TransferScorer, ScoreInput, TransferScore } from "./types.ts";

/**
 * LEEP (Nguyen et al. 2020): the mean log-likelihood of the classes given the model's probabilities of its own classes.
 */
export const leep: TransferScorer = {
  name: "leep",
  needs: ["classes", "sourceProbabilities"],
  score: (input) => new Promise((resolve) => resolve(scoreOf(input))),
};

const scoreOf = (input: ScoreInput): TransferScore => {
  const { ids, count } = checkedClasses("leep", input);
  const probabilities = sourceProbabilitiesOf("leep", input);
  return {
    score: logExpectedPrediction(probabilities, ids, count),
    diagnostics: { classes: count, sourceClasses: probabilities.columns },
  };
};

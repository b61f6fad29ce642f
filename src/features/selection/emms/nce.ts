import { checkedClasses } from "./classes.ts";
import { sourceProbabilitiesOf } from "./source-probabilities.ts";
import type { TransferScorer, Numbers, ScoreInput, TransferScore } from "./types.ts";

/**
 * NCE, negative conditional entropy (Tran, Nguyen and Hassner, "Transferability and hardness of supervised classification
 * tasks", ICCV 2019): `-H(Y | Z)` in nats, where Z is the model's most probable class of each row, the first of equally probable ones.
 */
export const nce: TransferScorer = {
  name: "nce",
  needs: ["classes", "sourceProbabilities"],
  score: (input) => new Promise((resolve) => resolve(scoreOf(input))),
};

const scoreOf = (input: ScoreInput): TransferScore => {
  const { ids, count: classes } = checkedClasses("nce", input);
  const sources = mostProbable(sourceProbabilitiesOf("nce", input));
  const joint = new Map<number, number>();
  const marginal = new Map<number, number>();
  sources.forEach((source, i) => {
    const pair = source * classes + (ids[i] ?? 0);
    joint.set(pair, (joint.get(pair) ?? 0) + 1);
    marginal.set(source, (marginal.get(source) ?? 0) + 1);
  });
  let sum = 0;
  for (const [pair, count] of joint)
    sum += count * Math.log(count / (marginal.get(Math.floor(pair / classes)) ?? 1));
  return {
    score: Math.min(0, sum / sources.length),
    diagnostics: { classes, sourceClassesSeen: marginal.size },
  };
};

const mostProbable = ({ data, rows, columns }: Numbers): Int32Array =>
  Int32Array.from({ length: rows }, (_, i) => {
    let best = 0;
    for (let z = 1; z < columns; z++)
      if ((data[i * columns + z] ?? 0) > (data[i * columns + best] ?? 0)) best = z;
    return best;
  });

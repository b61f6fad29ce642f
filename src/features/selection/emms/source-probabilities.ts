import { undefinedScore } from "./classes.ts";
import type { Numbers, ScoreInput, TransferMethod } from "./types.ts";

/** @throws AnchorageError `unprocessable` that names `sourceProbabilities` where there are none */
export const sourceProbabilitiesOf = (
  method: TransferMethod,
  { sourceProbabilities }: ScoreInput,
): Numbers => {
  if (sourceProbabilities !== undefined) return sourceProbabilities;
  throw undefinedScore(
    ["sourceProbabilities"],
    `${method} needs the model's probabilities of its own classes`,
  );
};

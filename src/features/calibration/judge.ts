import type { RiskPoint } from "./api.ts";
import { conformalThreshold } from "./conformal.ts";
import { pointAtRisk, riskCoverage } from "./risk-coverage.ts";
import { toProbabilities } from "../../math/temperature.ts";
import { softened } from "./softness.ts";
import type { Rung } from "./types.ts";

/** How sure an answer is to be. */
export interface Sureness {
  /** Do not answer what is less sure than keeps the share of wrong answers at this, on held-out anchors. */
  readonly risk?: number;
  /** Name a set of classes that holds the true one so often. */
  readonly coverage?: number;
}

/** By what every image of a request is judged. */
export interface DecisionRule {
  readonly rung: Rung;
  /** Null: nothing is sure enough. */
  readonly abstain?: RiskPoint | null;
  /** The lowest probability of a class in the set. */
  readonly atLeast?: number;
}

export const standardOf = (rung: Rung, { risk, coverage }: Sureness): DecisionRule => ({
  rung,
  ...(risk === undefined ? {} : { abstain: pointAtRisk(riskCurve(rung), risk) }),
  ...(coverage === undefined ? {} : { atLeast: conformalThreshold(rung.trueProbabilities, coverage) }),
});

const riskCurve = ({ confidences, correct }: Rung): RiskPoint[] =>
  riskCoverage(confidences.map((confidence, i) => ({ confidence, correct: correct[i] === 1 })));

export interface Likely {
  readonly name: string;
  readonly score: number;
  readonly probability: number;
}

export interface CalibratedClasses {
  /** In the order given. */
  readonly classes: readonly Likely[];
  readonly abstained?: boolean;
  /** The first class and all whose probability is high enough. */
  readonly set?: readonly { readonly name: string; readonly probability: number }[];
}

/** @param ranked every class of the request, best first */
export const judge = (
  { rung, abstain, atLeast }: DecisionRule,
  ranked: readonly { readonly name: string; readonly score: number }[],
): CalibratedClasses => {
  const scores = softened(
    rung.softness,
    Float32Array.from(ranked, ({ score }) => score),
  );
  const probabilities = new Float64Array(ranked.length);
  toProbabilities(scores, rung.temperature, probabilities);
  const classes = ranked.map(({ name, score }, i) => ({ name, score, probability: probabilities[i] ?? 0 }));
  const first = classes[0]?.probability ?? 0;
  return {
    classes,
    ...(abstain === undefined ? {} : { abstained: abstain === null || first < abstain.threshold }),
    ...(atLeast === undefined
      ? {}
      : {
          set: classes
            .filter(({ probability }, i) => i === 0 || probability >= atLeast)
            .map(({ name, probability }) => ({ name, probability })),
        }),
  };
};

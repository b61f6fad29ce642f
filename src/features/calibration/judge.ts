import type { RiskPoint } from "./api.ts";
import { conformalThreshold } from "./conformal.ts";
import { pointAtRisk, riskCoverage } from "./risk-coverage.ts";
import { toProbabilities } from "./temperature.ts";
import { softened } from "./softness.ts";
import type { Rung } from "./types.ts";

/** The certainty that a request asks for. */
export interface Sureness {
  /** Abstain unless the confidence keeps the share of wrong answers at or below this value on held-out anchors. */
  readonly risk?: number;
  /** Return a set of classes that contains the true one with this probability. */
  readonly coverage?: number;
}

/** How the answers for one request's images are decided. */
export interface DecisionRule {
  readonly rung: Rung;
  /** Null: no confidence is high enough. */
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
  /** In the given order. */
  readonly classes: readonly Likely[];
  readonly abstained?: boolean;
  /** The first class, and all classes of sufficient probability. */
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

import { quantile } from "../../src/math/statistics.ts";
import { confidenceOf } from "./fuse.ts";
import { upperBound } from "./upper-bound.ts";

const LOWEST = Math.log(0.05);
const HIGHEST = Math.log(5);
const TEMPERATURES = 60;
/** Candidates are the quantiles 0, 1/30 .. 1 of the confidences, beside infinity. */
const STEPS = 30;

/** A question of known answer that a rung was asked. */
export interface FittedQuestion {
  /** Fused scores, one for each class. */
  readonly scores: Float64Array;
  /** Index of the true class. */
  readonly truth: number;
}

/**
 * The temperature of 60, equally spaced in the logarithm from 0.05 to 5, with the least mean negative log-likelihood of
 * the true classes; of equal ones the smallest.
 *
 * @throws RangeError if there are no questions
 */
export const fitRungTemperature = (questions: readonly FittedQuestion[]): number => {
  if (questions.length === 0) throw new RangeError("a temperature cannot be fitted to no questions");
  let [best, least] = [0, Infinity];
  for (let i = 0; i < TEMPERATURES; i++) {
    const temperature = Math.exp(LOWEST + ((HIGHEST - LOWEST) * i) / (TEMPERATURES - 1));
    let loss = 0;
    for (const { scores, truth } of questions) loss += surprise(scores, truth, temperature);
    if (loss < least) [best, least] = [temperature, loss];
  }
  return best;
};

/** The negative logarithm of the true class's probability, in nats. */
const surprise = (scores: Float64Array, truth: number, temperature: number): number => {
  // The probability of the best class is 1 / sum of exp((s - best) / T), so that it gives the normaliser.
  const best = Math.max(...scores);
  return (best - (scores[truth] ?? -Infinity)) / temperature - Math.log(confidenceOf(scores, temperature));
};

/** How a question would end if it stopped at a rung. */
export interface StoppingQuestion {
  /** Confidence of the rung, in (0, 1]. */
  readonly confidence: number;
  /** Whether the rung is wrong and the next one right. */
  readonly lost: boolean;
}

/** A threshold of confidence with its evidence. */
export interface StoppingRule {
  /** Stop from this confidence on; `Infinity` where no threshold keeps the bound. */
  readonly threshold: number;
  /** Questions that stopping from the threshold on loses, of `questions`. */
  readonly harmed: number;
  readonly questions: number;
  /** Upper bound, at 95 %, of the share of questions that stopping loses. */
  readonly bound: number;
}

/**
 * Chooses the lowest threshold whose harm is bounded, by a fixed-sequence test (Angelopoulos, Bates, Candès, Jordan and
 * Lei, "Learn then test", 2021): thresholds are tested from infinity down and the first failure ends the test, so that the
 * bound holds at 95 % without a correction for the number of thresholds.
 *
 * @param harm the largest share of questions that may be lost, in (0, 0.5)
 * @example
 * ```ts
 * chooseThreshold([{ confidence: 0.9, lost: false }], 0.03).threshold; // Infinity: one question shows too little
 * ```
 */
export const chooseThreshold = (questions: readonly StoppingQuestion[], harm: number): StoppingRule => {
  let rule = ruleAt(questions, Infinity);
  const ascending = Float64Array.from(questions, ({ confidence }) => confidence).sort();
  for (let i = STEPS; i >= 0; i--) {
    const next = ruleAt(questions, quantile(ascending, i / STEPS));
    if (next.bound > harm) break;
    rule = next;
  }
  return rule;
};

const ruleAt = (questions: readonly StoppingQuestion[], threshold: number): StoppingRule => {
  const harmed = questions.filter(({ confidence, lost }) => lost && confidence >= threshold).length;
  return { threshold, harmed, questions: questions.length, bound: upperBound(harmed, questions.length) };
};

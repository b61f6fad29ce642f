import type { Interval } from "../../math/statistics.ts";

/** A gain below this is not worth advising. */
const WORTH = 0.01;
/** A difference of this many standard errors is seen in 80 % of measurements at the level of 5 %. */
const SEEN = 2.8;

/** How much better answers get, with its interval and standard error, as shares. */
export interface AdvisedGain extends Interval {
  readonly mean: number;
  readonly standardError: number;
}

/** What is known about a collection. */
export interface AdviceInput {
  /** By twice the anchors; null where the questions are all right, or all wrong, at every size. */
  readonly moreAnchors: AdvisedGain | null;
  /** By the best other encoder; null where none was measured. */
  readonly otherEncoder: (AdvisedGain & { readonly name: string }) | null;
}

export const ADVICE = ["more-anchors", "other-encoder", "both", "neither", "cannot-tell"] as const;
export type AdviceChoice = (typeof ADVICE)[number];

export interface GrowthAdvice {
  readonly choice: AdviceChoice;
  /** One sentence for a person. */
  readonly sentence: string;
}

/**
 * Advises what would make answers better, from the ends of intervals alone: a gain counts if its lower end is above one
 * point.
 *
 * @example
 * ```ts
 * const { sentence } = adviseGrowth({
 *   moreAnchors: { mean: 0.05, low: 0.03, high: 0.13, standardError: 0.01 },
 *   otherEncoder: null,
 * });
 * sentence; // "More anchors: twice as many like these make it 5.0 points (3.0 to 13.0) better."
 * ```
 */
export const adviseGrowth = ({ moreAnchors, otherEncoder }: AdviceInput): GrowthAdvice => {
  if (moreAnchors === null)
    return {
      choice: "cannot-tell",
      sentence: "These questions cannot tell: their answers are equally right at every number of anchors.",
    };
  const anchors = `twice as many like these make it ${pointsOf(moreAnchors)} better`;
  const more = moreAnchors.low > WORTH;
  if (otherEncoder !== null && otherEncoder.low > WORTH) {
    const encoder = `${otherEncoder.name} is ${pointsOf(otherEncoder)} better`;
    if (!more) return { choice: "other-encoder", sentence: `Another encoder: ${encoder}.` };
    const parts = [`more anchors, as ${anchors}`, `another encoder, as ${encoder}`];
    const [first = "", second = ""] = otherEncoder.mean > moreAnchors.mean ? parts.toReversed() : parts;
    return { choice: "both", sentence: `Both, the larger first: ${first}; ${second}.` };
  }
  if (more) return { choice: "more-anchors", sentence: `More anchors: ${anchors}.` };
  const errors = [moreAnchors.standardError, ...(otherEncoder === null ? [] : [otherEncoder.standardError])];
  const smallest = SEEN * Math.max(...errors);
  return {
    choice: "neither",
    sentence: `Neither can be seen to help: these questions show differences from ${(100 * smallest).toFixed(1)} points on.`,
  };
};

const pointsOf = ({ mean, low, high }: AdvisedGain): string =>
  `${(100 * mean).toFixed(1)} points (${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)})`;

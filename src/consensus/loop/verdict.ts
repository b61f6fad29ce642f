import { aggregate, calibrate, type Aggregation, type Calibration } from "../../ensemble/index.ts";
import type { Proposal, Ranked } from "../types.ts";

/** What scores mean together, at one moment of a run. */
export interface Verdict {
  /** Calibrated, of each scorer that counts. */
  readonly members: readonly Float64Array[];
  /** Their weights. */
  readonly weights: readonly number[];
  readonly values: Float64Array;
  readonly judged: Float64Array;
  /** The places of proposals that are not vetoed, best first. */
  readonly order: readonly number[];
}

/** A proposal that scorers of less of the weight judge comes after all others. */
const JUDGED = 0.5;

/**
 * Calibrates, combines and ranks. Of equal values the one comes first whose lowest score is higher, then the one that was
 * proposed first.
 *
 * @param scores raw, of each scorer, NaN where it cannot judge
 */
export const decide = (
  scores: readonly Float64Array[],
  options: {
    readonly calibrations: readonly Calibration[];
    readonly backgrounds: readonly (Float64Array | undefined)[];
    readonly weights: readonly number[];
    readonly aggregation: Aggregation;
    readonly isVetoed: (place: number) => boolean;
  },
): Verdict => {
  const { calibrations, backgrounds, weights, aggregation, isVetoed } = options;
  const members = scores.map((raw, n) => calibrate(raw, calibrations[n] ?? { kind: "none" }, backgrounds[n]));
  const { values, judged } = aggregate(members, weights, aggregation);
  const worst = values.map((_, i) =>
    members.reduce(
      (least, member) => (Number.isNaN(member[i]) ? least : Math.min(least, member[i] ?? least)),
      Infinity,
    ),
  );
  const isJudged = (i: number): boolean => (judged[i] ?? 0) >= JUDGED;
  const order = [...values.keys()]
    .filter((i) => !isVetoed(i))
    .sort(
      (a, b) =>
        Number(isJudged(b)) - Number(isJudged(a)) ||
        descending(values[a], values[b]) ||
        descending(worst[a], worst[b]) ||
        a - b,
    );
  return { members, weights, values, judged, order };
};

/** What scorers make of the proposal at a place. */
export const rankedAt = (
  { members, values, judged }: Verdict,
  place: number,
  proposal: Proposal,
  multiplicity: number,
): Ranked => ({
  proposal,
  multiplicity,
  value: values[place] ?? Number.NaN,
  scores: members.map((scores) => scores[place] ?? Number.NaN),
  judged: (judged[place] ?? 0) >= JUDGED,
});

/** NaN last. */
const descending = (a = Number.NaN, b = Number.NaN): number => {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a === b ? 0 : a > b ? -1 : 1;
};

import {
  aggregate,
  normaliseScores,
  type Aggregation,
  type Normalisation,
} from "../../../math/ensemble/index.ts";
import type { Proposal, RankedProposal } from "../types.ts";

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
  /** Of each proposal; undefined where all compete with all. */
  readonly stages: readonly number[] | undefined;
}

/** A proposal that scorers of less of the weight judge comes after all others. */
const JUDGED = 0.5;

/**
 * Calibrates, combines and ranks, within each stage where there are stages: those of a later stage come first. Scores are
 * measured against all that was proposed, and against the background where there is one: by a background alone whatever is
 * any good would be beyond the clip, and tie. Of equal values the one comes first whose lowest score, unclipped, is higher,
 * then the one that was proposed first.
 *
 * @param scores raw, of each scorer, NaN where it cannot judge
 */
export const decide = (
  scores: readonly Float64Array[],
  options: {
    readonly calibrations: readonly Normalisation[];
    readonly backgrounds: readonly (Float64Array | undefined)[];
    readonly weights: readonly number[];
    readonly aggregation: Aggregation;
    readonly isVetoed: (place: number) => boolean;
    /** One a proposal; absent: all compete with all. */
    readonly stages?: readonly number[] | undefined;
  },
): Verdict => {
  const { calibrations, backgrounds, weights, aggregation, isVetoed, stages } = options;
  const count = scores[0]?.length ?? 0;
  const members = scores.map(() => new Float64Array(count));
  const [values, judged, worst] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  for (const places of groupsOf(count, stages)) {
    const parts = scores.map((raw) => pick(raw, places));
    const references = parts.map((part, n) => withBackground(part, backgrounds[n]));
    const by = (n: number): Normalisation => calibrations[n] ?? { kind: "none" };
    const calibrated = parts.map((part, n) => normaliseScores(part, by(n), references[n]));
    const free = parts.map((part, n) => normaliseScores(part, unclipped(by(n)), references[n]));
    const counting = free.filter((_, n) => weights[n] !== 0);
    spread(lowestOf(counting, places.length), places, worst);
    const combined = aggregate(calibrated, weights, aggregation);
    calibrated.forEach((part, n) => spread(part, places, members[n]));
    spread(combined.values, places, values);
    spread(combined.judged, places, judged);
  }
  const isJudged = (i: number): boolean => (judged[i] ?? 0) >= JUDGED;
  const order = [...values.keys()]
    .filter((i) => !isVetoed(i))
    .sort(
      (a, b) =>
        (stages === undefined ? 0 : descending(stages[a], stages[b])) ||
        Number(isJudged(b)) - Number(isJudged(a)) ||
        descending(values[a], values[b]) ||
        descending(worst[a], worst[b]) ||
        a - b,
    );
  return { members, weights, values, judged, order, stages };
};

/** The verdict on what competes with the winner: those of its stage. */
export const contestOf = (verdict: Verdict): Pick<Verdict, "members" | "values" | "order"> => {
  const { members, values, order, stages } = verdict;
  if (stages === undefined) return { members, values, order };
  const last = stages[order[0] ?? -1];
  const places = stages.flatMap((stage, place) => (stage === last ? [place] : []));
  const at = new Map(places.map((place, i) => [place, i] as const));
  return {
    members: members.map((scores) => pick(scores, places)),
    values: pick(values, places),
    order: order.flatMap((place) => at.get(place) ?? []),
  };
};

/** Places of each stage. */
const groupsOf = (count: number, stages: readonly number[] | undefined): readonly (readonly number[])[] => {
  const groups = new Map<number, number[]>();
  for (let place = 0; place < count; place++) {
    const stage = stages?.[place] ?? 0;
    const known = groups.get(stage);
    if (known === undefined) groups.set(stage, [place]);
    else known.push(place);
  }
  return [...groups.values()];
};

const pick = (scores: Float64Array, places: readonly number[]): Float64Array =>
  Float64Array.from(places, (place) => scores[place] ?? Number.NaN);

const spread = (scores: Float64Array, places: readonly number[], into: Float64Array | undefined): void =>
  places.forEach((place, i) => {
    if (into !== undefined) into[place] = scores[i] ?? Number.NaN;
  });

/** What scores are measured against: themselves, and the background where there is one. */
export const withBackground = (scores: Float64Array, background: Float64Array | undefined): Float64Array => {
  if (background === undefined) return scores;
  const both = new Float64Array(scores.length + background.length);
  both.set(scores);
  both.set(background, scores.length);
  return both;
};

const unclipped = (calibration: Normalisation): Normalisation =>
  calibration.kind === "z" || calibration.kind === "robust-z"
    ? { ...calibration, clip: Number.POSITIVE_INFINITY }
    : calibration;

/** Of each proposal, over those that judge it. */
const lowestOf = (members: readonly Float64Array[], count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) =>
    members.reduce(
      (least, member) => (Number.isNaN(member[i]) ? least : Math.min(least, member[i] ?? least)),
      Infinity,
    ),
  );

/** What scorers make of the proposal at a place. */
export const rankedAt = (
  { members, values, judged }: Verdict,
  place: number,
  proposal: Proposal,
  multiplicity: number,
): RankedProposal => ({
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

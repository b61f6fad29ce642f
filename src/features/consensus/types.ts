import type { z } from "@hono/zod-openapi";
import type { Aggregation, Normalisation } from "../../math/ensemble/index.ts";
import type { Random } from "../../math/random.ts";
import type { consensusRound, payload, scorerCost, stopReason } from "./api/run.ts";
import type { Agreement } from "./agreement.ts";

/** A proposal's content: a text, an image of the collection, a vector, a partial or whole solution, or an action. */
export type Payload = z.output<typeof payload>;

export type PayloadKind = Payload["kind"];

/** What a generator returns: a payload, the ids of the proposals that it was made from, its own log-probability. */
export type Proposed = Pick<Proposal, "payload" | "logProbability"> & Partial<Pick<Proposal, "parents">>;

/** A payload with the generator and the round that proposed it first; equal payloads are one proposal. */
export type Proposal = RoundTrace["proposed"][number];

/** A proposal with its scores. */
export interface RankedProposal {
  readonly proposal: Proposal;
  /** How often it has been proposed. */
  readonly multiplicity: number;
  readonly value: number;
  /** Calibrated, in the order of the scorers; NaN where one cannot judge. */
  readonly scores: readonly number[];
  /** Whether scorers of at least half of the weight judge it; others are ranked after those that are. */
  readonly judged: boolean;
}

/** A generator's input. */
export interface State {
  /** The round to come, from 1. */
  readonly round: number;
  /** The best so far, best first; none in the first round. */
  readonly survivors: readonly RankedProposal[];
  /** All that was proposed so far. */
  readonly has: (payload: Payload) => boolean;
}

/** Makes proposals from the best of the last round. */
export interface Generator {
  readonly name: string;
  /**
   * @param count at most so many
   * @param random seeded by the run; a generator uses no other randomness
   */
  propose(state: State, count: number, random: Random, signal: AbortSignal): Promise<readonly Proposed[]>;
}

export interface Judgement {
  /** One a proposal, higher is better; NaN where the scorer cannot judge. */
  readonly scores: Float64Array;
  /** Reasons why proposals are excluded, by their index. */
  readonly vetoes?: ReadonlyMap<number, string>;
}

/** Raw scores of vectors, and the gradient of each score by its vector's components. */
export interface Slopes {
  readonly scores: Float64Array;
  readonly gradients: readonly Float64Array[];
}

export interface Scorer {
  readonly name: string;
  /** The kinds of proposals that it can judge; it is not called for others. */
  readonly kinds: readonly PayloadKind[];
  readonly calibration: Normalisation;
  /**
   * What happens to the run if the scorer fails or times out: the run `fail`s, continues without it (`drop`), or keeps its
   * `last` scores and calls it only for proposals of later rounds.
   */
  readonly onFailure: "fail" | "drop" | "last";
  readonly timeoutMs: number;
  /**
   * Present if a score depends on the other proposals: the scorer is called for the whole pool in every round, with the
   * number of times that each was proposed.
   */
  readonly judgesPool?: true;
  /** @param multiplicities one a proposal, for a scorer that judges the pool */
  score(
    proposals: readonly Proposal[],
    signal: AbortSignal,
    multiplicities?: readonly number[],
  ): Promise<Judgement>;
  /** Gradients, for a scorer of vectors that has them. */
  gradient?(vectors: readonly (readonly number[])[], signal: AbortSignal): Promise<Slopes>;
  /** Scores of things that were not proposed, to calibrate by; absent: the proposals' own scores. */
  background?(signal: AbortSignal): Promise<Float64Array>;
  /** Quality figures after the first call, such as the cross-validated accuracy of a fitted scorer. */
  report?(): Readonly<Record<string, number>>;
}

export interface ConsensusPlan {
  readonly generators: readonly Generator[];
  readonly scorers: readonly Scorer[];
  /** One a scorer. */
  readonly weights: readonly number[];
  readonly aggregation: Aggregation;
  /** Asked of each generator in each round, at most. */
  readonly proposals: number;
  /** Survivors of a round. */
  readonly beam: number;
  /** Above 0, survivors are drawn by the softmax of their values at this temperature; the best always survives. */
  readonly temperature: number;
  readonly rounds: number;
  /** Proposals times scorers, at most, whether or not each can judge each. */
  readonly scoreBudget: number;
  readonly timeBudgetMs: number;
  /** A share of the values' deviation: a smaller improvement does not count. */
  readonly epsilon: number;
  /** Rounds without improvement after which the run has converged. */
  readonly patience: number;
  /** Whether to stop as soon as all of several scorers rank the same proposal first. */
  readonly stopWhenUnanimous: boolean;
  /** The smallest share of the weight that must be left after failures. */
  readonly quorum: number;
  /** Below either of these the run abstains. */
  readonly abstain: { readonly margin?: number; readonly agreement?: number };
  /**
   * How far a proposal has come, where proposals are extended step by step; absent: all compete with all. Scores are then
   * calibrated within a stage, the last stage has the winner, and the next round goes on from the last that is not
   * finished, which is to be `Infinity`: see `stageOfSteps`.
   */
  readonly stageOf?: ((payload: Payload) => number) | undefined;
  readonly seed: number;
}

export type StopReason = z.output<typeof stopReason>;
/** One round: enough to find the winner again without calling generators and scorers. */
export type RoundTrace = z.output<typeof consensusRound>;
export type ScorerCost = z.output<typeof scorerCost>;

export interface ConsensusRun {
  /** Null where there is none: nothing was proposed, everything was vetoed, or no scorer can judge it. */
  readonly winner: RankedProposal | null;
  readonly abstained: boolean;
  /** Best first, without those vetoed. */
  readonly ranking: readonly RankedProposal[];
  readonly vetoed: number;
  readonly agreement: Agreement | null;
  /** The first proposal of each scorer alone; null if it judges none. */
  readonly alone: readonly { readonly scorer: string; readonly proposal: Proposal | null }[];
  readonly stopped: StopReason;
  readonly rounds: readonly RoundTrace[];
  /** The background scores that each scorer was calibrated by; null if it has none. */
  readonly backgrounds: readonly (readonly number[] | null)[];
  readonly costs: readonly ScorerCost[];
  /** The weights in force at the end: 0 for a scorer that was dropped. */
  readonly weights: readonly number[];
  readonly tookMs: number;
}

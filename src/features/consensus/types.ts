import type { Agreement, Aggregation, Normalisation } from "../../math/ensemble/index.ts";
import type { Random } from "../../math/random.ts";
import type { AnchorId, Modality } from "../../types.ts";

/** What can be proposed. */
export type Payload =
  | { readonly kind: "text"; readonly text: string }
  /** An image of the collection. */
  | { readonly kind: "anchor"; readonly anchor: AnchorId }
  | { readonly kind: "vector"; readonly modality: Modality; readonly vector: readonly number[] }
  /** A solution as far as it goes. */
  | { readonly kind: "steps"; readonly steps: readonly string[]; readonly done: boolean }
  | { readonly kind: "action"; readonly action: readonly number[] };

export type PayloadKind = Payload["kind"];

export interface Proposed {
  readonly payload: Payload;
  /** Ids of the proposals that it was made of. */
  readonly parents?: readonly string[];
  /** Of the generator, where it has one. */
  readonly logProbability?: number;
}

/** Equal payloads are one proposal. */
export interface Proposal extends Proposed {
  /** The start of the SHA-256 of the payload. */
  readonly id: string;
  readonly parents: readonly string[];
  /** The first that proposed it, and in which round, from 1. */
  readonly generator: string;
  readonly round: number;
}

/** A proposal with what scorers think of it. */
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

/** What a generator is told. */
export interface State {
  /** The round to come, from 1. */
  readonly round: number;
  /** The best so far, best first; none in the first round. */
  readonly survivors: readonly RankedProposal[];
  /** All that was proposed so far. */
  readonly has: (payload: Payload) => boolean;
}

/** Makes proposals out of the best of the round before. */
export interface Generator {
  readonly name: string;
  /**
   * @param count at most so many
   * @param random of the run's seed; nothing else may be left to chance
   */
  propose(state: State, count: number, random: Random, signal: AbortSignal): Promise<readonly Proposed[]>;
}

export interface Judgement {
  /** One a proposal, higher is better; NaN where the scorer cannot judge. */
  readonly scores: Float64Array;
  /** By the place of a proposal, why it is out of the question. */
  readonly vetoes?: ReadonlyMap<number, string>;
}

/** Raw scores of some vectors, and how each rises with each of its vector's components. */
export interface Slopes {
  readonly scores: Float64Array;
  readonly gradients: readonly Float64Array[];
}

export interface Scorer {
  readonly name: string;
  /** The kinds of proposals that it can judge; of others it is not asked. */
  readonly kinds: readonly PayloadKind[];
  readonly calibration: Normalisation;
  /**
   * What becomes of a run in which it fails or takes too long: it `fail`s too, goes on without the scorer (`drop`), or
   * keeps what it said `last` and asks it only about what later rounds propose.
   */
  readonly onFailure: "fail" | "drop" | "last";
  readonly timeoutMs: number;
  /**
   * Present where a score depends on what else was proposed: the scorer is asked about the whole pool anew in every
   * round, and told how often each has been proposed.
   */
  readonly judgesPool?: true;
  /** @param multiplicities only of a scorer that judges the pool: one a proposal */
  score(
    proposals: readonly Proposal[],
    signal: AbortSignal,
    multiplicities?: readonly number[],
  ): Promise<Judgement>;
  /** Of a scorer that judges vectors and can tell in which direction its scores rise. */
  gradient?(vectors: readonly (readonly number[])[], signal: AbortSignal): Promise<Slopes>;
  /** Scores of things that nobody proposed, to calibrate by; absent: those of the proposals. */
  background?(signal: AbortSignal): Promise<Float64Array>;
  /** What is to be known of how good it is, once it has judged, such as the accuracy of what it was fitted on. */
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
  /** Of the values' deviation: a round that improves less has not improved. */
  readonly epsilon: number;
  /** Rounds without improvement after which the run has converged. */
  readonly patience: number;
  /** Whether to stop as soon as all of several scorers rank the same proposal first. */
  readonly stopWhenUnanimous: boolean;
  /** The share of the weight whose scorers must not have failed. */
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

export type StopReason =
  "rounds" | "score-budget" | "time-budget" | "converged" | "unanimous" | "no-proposals";

/** Enough to find the winner again without asking anyone. */
export interface RoundTrace {
  readonly round: number;
  /** Those that nobody had proposed before. */
  readonly proposed: readonly Proposal[];
  /**
   * Of these, raw, `[scorers][proposed]`; null where one cannot judge. Of a scorer that judges the pool: of everything
   * proposed so far.
   */
  readonly scores: readonly (readonly (number | null)[])[];
  readonly vetoes: readonly { readonly proposal: string; readonly scorer: string; readonly reason: string }[];
  readonly failures: readonly {
    readonly scorer: string;
    readonly message: string;
    readonly policy: Scorer["onFailure"];
  }[];
  /** Best first. */
  readonly survivors: readonly {
    readonly proposal: string;
    readonly value: number;
    readonly scores: readonly (number | null)[];
  }[];
  /** What the best is ahead of the best of the round before, by this round's scale. */
  readonly improvement: number | null;
}

export interface ScorerCost {
  readonly scorer: string;
  readonly asked: number;
  readonly proposals: number;
  readonly ms: number;
  readonly failures: number;
  readonly report?: Readonly<Record<string, number>>;
}

export interface ConsensusRun {
  /** Null where there is none: nothing was proposed, everything was vetoed, or no scorer can judge it. */
  readonly winner: RankedProposal | null;
  readonly abstained: boolean;
  /** Best first, without those vetoed. */
  readonly ranking: readonly RankedProposal[];
  readonly vetoed: number;
  readonly agreement: Agreement | null;
  /** What each scorer would have chosen alone; null where it judges nothing. */
  readonly alone: readonly { readonly scorer: string; readonly proposal: Proposal | null }[];
  readonly stopped: StopReason;
  readonly rounds: readonly RoundTrace[];
  /** Of each scorer, what it was calibrated by beside the proposals; null where nothing. */
  readonly backgrounds: readonly (readonly number[] | null)[];
  readonly costs: readonly ScorerCost[];
  /** The weights in force at the end: 0 for a scorer that was dropped. */
  readonly weights: readonly number[];
  readonly tookMs: number;
}

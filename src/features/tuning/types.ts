import type { Ensemble, Method, Sequence, TransformKind } from "../../types.ts";

/** How a collection is tuned. */
export interface TuneSettings {
  /** The metadata field whose values are the classes; absent: anchors of one caption are one class. */
  readonly by?: string;
  /** Parts that the classes are dealt into; each is held out once in every repeat. */
  readonly folds: number;
  /** How often they are dealt anew. */
  readonly repeats: number;
  readonly seed: number;
  /** Held out at once, at most. */
  readonly classes: number;
  /** Images asked about at once, at most. */
  readonly questions: number;
  /** What the choice is made by. */
  readonly objective: Metric;
  readonly methods: readonly Method[];
  readonly transforms: readonly TransformKind[];
  /** No piece of work is begun later than this, but for the first fold's coarse grid. */
  readonly budgetSeconds: number;
}

export type Metric = "top1" | "top5" | "top10" | "meanReciprocalRank";
export const METRICS = ["top1", "top5", "top10", "meanReciprocalRank"] as const;

/** Each between 0 and 1. */
export type Metrics = Readonly<Record<Metric, number>>;

/** One way to answer. What a method does not depend on is absent. */
export interface Trial {
  readonly method: Method;
  readonly transform?: TransformKind;
  readonly k?: number;
  readonly p?: number;
  readonly rank?: number;
  /** Absent where each class has one prompt. */
  readonly ensemble?: Ensemble;
}

export interface Measured extends Metrics {
  /** The standard deviation of each metric from fold to fold. */
  readonly spread: Metrics;
}

export type MeasuredTrial = Trial & Measured;

/** Everything that a query can be answered by. */
export interface Choice {
  readonly method: Method;
  readonly k: number;
  readonly p: number;
  readonly transform: TransformKind;
  /** Null where the method's own default is used. */
  readonly rank: number | null;
  readonly ensemble: Ensemble;
}

/** What was chosen and what it was chosen by. No caption and no vector is in it. */
export interface Tuning {
  /** Of the anchors that it was measured on. */
  readonly sequence: Sequence;
  readonly anchors: number;
  /** How many folds were measured, and what was asked in all of them together. */
  readonly folds: number;
  readonly questions: number;
  /** Candidates of a question. */
  readonly classes: number;
  readonly seed: number;
  readonly by: string | null;
  readonly objective: Metric;
  /** False where the budget ran out before everything was tried. */
  readonly complete: boolean;
  readonly tookMs: number;
  readonly chosen: Choice & Measured;
  /** The collection's own settings as they were, measured on the same questions; null where the budget ran out. */
  readonly before: (Choice & Measured) | null;
  /** Everything that was tried, best first. */
  readonly trials: readonly MeasuredTrial[];
}

import type { LabelledPool } from "./weights.ts";

/** Which of a task's scorers judge, by their places in {@link Task.scorers}, and for how long. */
export interface Panel {
  readonly members: readonly number[];
  /** One a member. */
  readonly weights: readonly number[];
  readonly rounds: number;
  /** The beam, where it is not the task's own. */
  readonly beam?: number;
}

/** A set of problems that a consensus solves: some to choose by, others to report. */
export interface Task<Item> {
  readonly name: string;
  /** What is done, and what an item's value says. */
  readonly about: string;
  readonly scorers: readonly string[];
  /** Rounds of the panels that are compared with one another. */
  readonly rounds: number;
  /** Beams besides the task's own at which single scorers are tried, so that each is compared at its best. */
  readonly otherBeams?: readonly number[];
  /** Items to choose by, and others to report. */
  readonly development: readonly Item[];
  readonly test: readonly Item[];
  /** Items of one subject are not independent of each other: intervals draw them together. */
  readonly subjectOf: (item: Item) => string;
  /** How good the panel's winner is, from 0 to 1; the same for the same item and panel. */
  readonly solve: (item: Item, panel: Panel, signal: AbortSignal) => Promise<number>;
  /** What the first round's proposals are worth: one at random, and the best of them, each from 0 to 1. */
  readonly bounds: (item: Item, signal: AbortSignal) => Promise<Bounds>;
  /** All scorers' calibrated scores of some proposals, and which of these are right; none where it teaches nothing. */
  readonly labelled: (item: Item, signal: AbortSignal) => Promise<LabelledPool | undefined>;
}

export interface Bounds {
  readonly random: number;
  readonly oracle: number;
}

export interface PanelResult {
  readonly name: string;
  readonly members: readonly string[];
  readonly weights: readonly number[];
  readonly rounds: number;
  /** Mean values, from 0 to 1; undefined where it was not asked. */
  readonly development: number | undefined;
  readonly test: number;
  /** Of the test mean: 95 % by the bootstrap. */
  readonly low: number;
  readonly high: number;
}

/** One panel ahead of another on the test items, with a paired 95 % bootstrap interval. */
export interface Lead {
  readonly of: string;
  readonly over: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export interface TaskReport {
  readonly task: string;
  readonly about: string;
  readonly development: number;
  readonly test: number;
  /** The best single scorer on the development items, at its best beam. */
  readonly bestSingle: string;
  readonly panels: readonly PanelResult[];
  /** The mean over all sets of so many scorers. */
  readonly sizes: readonly { readonly scorers: number; readonly mean: number }[];
  readonly bounds: Bounds;
  readonly leads: readonly Lead[];
}

import type { Slot } from "../../retrieval/index.ts";
import type { Judge, RemovalEffect } from "./judge.ts";
import type { Holders } from "./rows.ts";
import type { Standing } from "./standing.ts";

/** Shares this close to 1 are checked. */
const NEAR = 1e-9;

/** Not a slot. */
export const NOBODY = -1;

/** Prepared answers that can be recomputed without any one anchor. */
export interface Answers {
  readonly judge: Judge;
  readonly standing: Standing;
  readonly imageHolders: Holders;
  readonly textHolders: Holders;
  /** The first class of each image, and its score. */
  readonly winners: Int32Array;
  readonly scores: Float64Array;
  readonly count: number;
}

/** Calls `onVerdict` once for every image whose answer may change without the anchor. */
export const withoutAnchor = (
  { judge, standing, imageHolders, textHolders, winners, count }: Answers,
  slot: Slot,
  seen: Int32Array,
  onVerdict: (image: number, verdict: RemovalEffect) => void,
): void => {
  const [first, last] = [textHolders.offsets[slot] ?? 0, textHolders.offsets[slot + 1] ?? 0];
  judge.leaveOut(slot, textHolders.rows.subarray(first, last), textHolders.entries.subarray(first, last));
  const ask = (image: number, entry: number): void => {
    if (seen[image] === slot) return;
    seen[image] = slot;
    onVerdict(image, judge.judge(image, entry, winners[image] ?? 0));
  };
  for (let at = imageHolders.offsets[slot] ?? 0; at < (imageHolders.offsets[slot + 1] ?? 0); at++)
    ask(imageHolders.rows[at] ?? 0, imageHolders.entries[at] ?? -1);
  for (const { candidate, growth } of judge.touched()) {
    for (const image of standing.leads[candidate] ?? []) ask(image, -1);
    const { challenged, shares } = standing;
    for (let at = candidate * count; at < (candidate + 1) * count; at++) {
      if ((shares[at] ?? 0) * growth < 1 - NEAR) break;
      ask(challenged[at] ?? 0, -1);
    }
  }
};

export const isHeld = ({ offsets }: Holders, slot: Slot): boolean => offsets[slot + 1] !== offsets[slot];

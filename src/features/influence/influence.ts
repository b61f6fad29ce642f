import type { InfluenceAnswer } from "./api.ts";
import type { AnchorView, Slot } from "../../retrieval/index.ts";
import type { Modality } from "../../types.ts";
import type { UsedFit } from "../counterfactual/api.ts";
import { createSlices, type Slices } from "../../math/slices.ts";
import type { LocalMethod } from "../../asif/local/index.ts";
import type { RemovalEffect } from "./judge.ts";
import { localAnswers } from "./local.ts";
import { prepare } from "./prepare.ts";
import { isHeld, NOBODY, withoutAnchor as withoutAsif } from "./removal.ts";
import type { AnswersWithout, InfluenceInput } from "./types.ts";

/** Maximum number of changed answers that are listed for an anchor. */
const FLIPS_TOLD = 100;

/** An answer that changes when an anchor is removed; the caller adds the name of the image. */
export type Influence = Omit<InfluenceAnswer["anchors"][number], "image">;
export type Flip = Influence["flipped"][number];

export interface Influences extends Pick<InfluenceAnswer, "supporting" | "flipping" | "images"> {
  readonly anchors: readonly Influence[];
  readonly fits: Readonly<Record<Modality, UsedFit>>;
}

/** Methods whose answers can be computed without an anchor. */
export type InfluenceMethod = "asif" | LocalMethod;

/**
 * Finds the anchors whose removal, one at a time, changes the most answers. The result is exact: it equals one
 * classification for each removed anchor. By `asif` it is computed from the k + 1 neighbours of each image and
 * prompt. When an anchor is removed, only rows that contain it change: they lose its value, gain that of the next
 * neighbour, and their norms change. So the new score differs from the old inner product by at most three terms, and
 * for most images bounds show that no other class can come first. If rounding could decide, the scores are computed
 * as in a classification.
 */
export const influence = async (
  view: AnchorView,
  input: InfluenceInput,
  method: InfluenceMethod = "asif",
): Promise<Influences> => {
  const { classes, limit } = input;
  const slices = createSlices();
  const answers =
    method === "asif" ? await asifAnswers(view, input, slices) : await localAnswers(view, input, method);
  const { winners, scores, supporting, withoutAnchor, fits } = answers;
  const count = winners.length;
  const names = classes.map(({ name }) => classes.findIndex((other) => other.name === name));
  const flips = new Int32Array(view.slotCount);
  const changes = new Float64Array(view.slotCount);
  const flippedBy = new Int32Array(count);
  const isFlip = (image: number, { first }: RemovalEffect): boolean =>
    names[first] !== names[winners[image] ?? 0];
  for (const slot of supporting) {
    withoutAnchor(slot, (image, verdict) => {
      changes[slot] = (changes[slot] ?? 0) + Math.abs(verdict.score - (scores[image] ?? 0));
      if (!isFlip(image, verdict)) return;
      flips[slot] = (flips[slot] ?? 0) + 1;
      flippedBy[image] = (flippedBy[image] ?? 0) + 1;
    });
    if (slices.due()) await slices.rest();
  }

  const nameOf = (at: number): string => classes[at]?.name ?? "";
  const told = (slot: Slot): Influence => {
    const { id, caption } = view.entry(slot);
    const flipped: Flip[] = [];
    let largest = { image: 0, change: 0 };
    withoutAnchor(slot, (image, verdict) => {
      const change = verdict.score - (scores[image] ?? 0);
      const more = Math.abs(change) - Math.abs(largest.change);
      if (more > 0 || (more === 0 && image < largest.image)) largest = { image, change };
      if (isFlip(image, verdict))
        flipped.push({ image, from: nameOf(winners[image] ?? 0), to: nameOf(verdict.first) });
    });
    return {
      anchor: id,
      text: caption,
      flips: flips[slot] ?? 0,
      meanChange: (changes[slot] ?? 0) / count,
      largest,
      flipped: flipped.sort((a, b) => a.image - b.image).slice(0, FLIPS_TOLD),
    };
  };
  const ranked = supporting
    .filter((slot) => (flips[slot] ?? 0) > 0 || (changes[slot] ?? 0) > 0)
    .sort(
      (a, b) =>
        (flips[b] ?? 0) - (flips[a] ?? 0) || (changes[b] ?? 0) - (changes[a] ?? 0) || view.compare(a, b),
    );
  const anchors: Influence[] = [];
  for (const slot of ranked.slice(0, limit)) {
    anchors.push(told(slot));
    if (slices.due()) await slices.rest();
  }
  return {
    anchors,
    supporting: supporting.length,
    flipping: supporting.filter((slot) => (flips[slot] ?? 0) > 0).length,
    images: Array.from(winners, (winner, i) => ({
      name: nameOf(winner),
      score: scores[i] ?? 0,
      flippedBy: flippedBy[i] ?? 0,
    })),
    fits,
  };
};

const asifAnswers = async (
  view: AnchorView,
  input: InfluenceInput,
  slices: Slices,
): Promise<AnswersWithout> => {
  const { answers, fits } = await prepare(view, input, slices);
  const { winners, scores, count, imageHolders, textHolders } = answers;
  const seen = new Int32Array(count);
  return {
    winners,
    scores,
    supporting: [...view.liveSlots()].filter(
      (slot) => isHeld(imageHolders, slot) || isHeld(textHolders, slot),
    ),
    withoutAnchor: (slot, onEffect) => withoutAsif(answers, slot, seen.fill(NOBODY), onEffect),
    fits,
  };
};

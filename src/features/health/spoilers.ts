import { createFoldMemories, dealFolds, type AsifSettings } from "../../asif/index.ts";
import { isAnchorageError } from "../../errors.ts";
import type { AnchorView, Slot } from "../../retrieval/index.ts";
import type { Ensemble } from "../../types.ts";
import { influence } from "../influence/influence.ts";
import type { Advance } from "./neighbours.ts";

/** Classes are dealt into this many folds, and each fold is asked with the anchors of the others. */
const FOLDS = 5;
const CLASSES = 150;
const QUESTIONS = 300;
const SEED = 0;
/** An anchor spoils answers from this many on; one alone is chance. */
const LEAST = 2;

export interface Spoiler {
  readonly slot: Slot;
  /** Answers that turn right without the anchor, less those that turn wrong. */
  readonly spoiled: number;
  /** A question that turns right without it. */
  readonly question: Slot;
}

/**
 * Anchors with a negative influence: without them more held-out questions are answered right. Classes are held out with all
 * their anchors; each held-out picture is asked for its class, and every anchor is left out once.
 *
 * @param settingsFor the settings for the anchors of a fold
 * @returns the worst first; a text that says why nothing could be asked
 */
export const findSpoilers = async (
  view: AnchorView,
  by: string | undefined,
  ensemble: Ensemble,
  settingsFor: (memory: AnchorView) => AsifSettings,
  { advance, signal }: { readonly advance: Advance; readonly signal: AbortSignal },
): Promise<readonly Spoiler[] | string> => {
  const dealt = deal(view, by);
  if (typeof dealt === "string") return dealt;
  const spoiled = new Map<Slot, number>();
  const example = new Map<Slot, Slot>();
  const memories = createFoldMemories(view);
  try {
    for (const fold of dealt) {
      signal.throwIfAborted();
      const memory = await memories.open(fold);
      const { anchors } = await influence(memory.view, {
        images: view.vectors("image", fold.images),
        prompts: view.vectors("text", fold.prompts),
        classes: fold.sizes.map((prompts, i) => ({ name: String(i), prompts })),
        ensemble,
        settings: {
          ...settingsFor(memory.view),
          ...(memory.allow === undefined ? {} : { allow: memory.allow }),
        },
        limit: memory.view.size,
      });
      for (const { anchor, flipped } of anchors) {
        const slot = view.slotOf(anchor);
        if (slot === undefined) continue;
        for (const { image, from, to } of flipped) {
          const truth = String(fold.truths[image]);
          if (to === truth) example.set(slot, example.get(slot) ?? fold.images[image] ?? slot);
          const change = to === truth ? 1 : from === truth ? -1 : 0;
          spoiled.set(slot, (spoiled.get(slot) ?? 0) + change);
        }
      }
      advance(Math.ceil(view.size / dealt.length));
    }
  } finally {
    memories.close();
  }
  return [...spoiled]
    .filter(([, count]) => count >= LEAST)
    .map(([slot, count]) => ({ slot, spoiled: count, question: example.get(slot) ?? slot }))
    .sort((a, b) => b.spoiled - a.spoiled || view.compare(a.slot, b.slot));
};

const deal = (view: AnchorView, by: string | undefined) => {
  try {
    return dealFolds(view, {
      ...{ folds: FOLDS, repeats: 1, seed: SEED, classes: CLASSES, questions: QUESTIONS },
      ...(by === undefined ? {} : { by }),
    });
  } catch (error) {
    if (isAnchorageError(error) && error.code === "unprocessable") return error.message;
    throw error;
  }
};

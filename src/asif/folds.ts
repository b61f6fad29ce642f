import { AnchorageError } from "../errors.ts";
import { createRandom, type Random } from "../math/random.ts";
import type { AnchorEntry, AnchorView, Slot } from "../retrieval/index.ts";

/** With fewer classes the result of one fold is noise. */
const FEWEST_CLASSES = 20;

/**
 * Classes that are held out together with all their anchors, and the questions about them. Anchors are given by slot.
 */
export interface Fold {
  /** The anchors that answer the questions, in id order. */
  readonly memory: Int32Array;
  /** Anchors whose images are the questions. */
  readonly images: Int32Array;
  /** The class index of each of `images`. */
  readonly truths: Int32Array;
  /** Anchors whose texts are the prompts, class by class: one for each distinct caption of the class. */
  readonly prompts: Int32Array;
  /** Number of prompts of each class. */
  readonly sizes: readonly number[];
}

/** How classes are split into folds. */
export interface Dealing {
  /** The metadata field whose values are the classes; default: anchors with the same caption form a class. */
  readonly by?: string;
  /** Number of parts that the classes are split into; each is held out once per repeat. */
  readonly folds: number;
  /** Number of repeats, each with another split. */
  readonly repeats: number;
  readonly seed: number;
  /** Maximum number of classes in a fold. */
  readonly classes: number;
  /** Maximum number of questions in a fold. */
  readonly questions: number;
}

/**
 * Splits classes into folds for cross-validation, at random but reproducibly for the same anchors and seed. Anchors
 * without a class only answer.
 *
 * @returns the folds of the first repeat, then those of the second, and so on; within a repeat no class is in two
 * folds
 * @throws AnchorageError `unprocessable` if there are fewer than 20 classes
 *
 * @example
 * ```ts
 * const folds = dealFolds(view, { folds: 5, repeats: 1, seed: 0, classes: 300, questions: 500 });
 * ```
 */
export const dealFolds = (view: AnchorView, dealing: Dealing): Fold[] => {
  const groups = groupsOf(view, dealing.by);
  if (groups.length < FEWEST_CLASSES) throw tooFew(groups.length, dealing.by);
  const size = Math.min(dealing.classes, Math.floor(groups.length / dealing.folds));
  const folds: Fold[] = [];
  for (let repeat = 0; repeat < dealing.repeats; repeat++) {
    const random = createRandom(dealing.seed + repeat);
    const shuffled = random.shuffle(groups);
    for (let fold = 0; fold < dealing.folds; fold++)
      folds.push(foldOf(view, shuffled.slice(fold * size, (fold + 1) * size), dealing.questions, random));
  }
  return folds;
};

const groupsOf = (view: AnchorView, by: string | undefined): Slot[][] => {
  const groups = new Map<string, Slot[]>();
  for (const slot of view.liveSlots()) {
    const name = classOf(view.entry(slot), by);
    if (name === undefined) continue;
    const known = groups.get(name);
    if (known === undefined) groups.set(name, [slot]);
    else known.push(slot);
  }
  return [...groups.values()];
};

const classOf = ({ caption, metadata }: AnchorEntry, by: string | undefined): string | undefined => {
  if (by === undefined) return caption ?? undefined;
  const value = Object.hasOwn(metadata, by) ? metadata[by] : undefined;
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? `${typeof value} ${value}`
    : undefined;
};

const tooFew = (found: number, by: string | undefined): AnchorageError => {
  const what = by === undefined ? "distinct captions" : `distinct values of "${by}"`;
  const message = `the anchors have ${found} ${what}; cross-validation needs at least ${FEWEST_CLASSES}`;
  return new AnchorageError("unprocessable", message, {
    faults: by === undefined ? [] : [{ path: ["by"], message }],
  });
};

const foldOf = (
  view: AnchorView,
  groups: readonly (readonly Slot[])[],
  questions: number,
  random: Random,
): Fold => {
  const held = new Uint8Array(view.slotCount);
  for (const group of groups) for (const slot of group) held[slot] = 1;
  const asked = groups
    .flatMap((group, truth) => random.shuffle(group).map((slot, turn) => ({ slot, truth, turn })))
    // Every class gets one question before any gets a second one.
    .sort((a, b) => a.turn - b.turn)
    .slice(0, questions);
  const prompts = groups.map((group) => promptsOf(view, group));
  return {
    memory: view.liveSlots().filter((slot) => held[slot] === 0),
    images: Int32Array.from(asked, ({ slot }) => slot),
    truths: Int32Array.from(asked, ({ truth }) => truth),
    prompts: Int32Array.from(prompts.flat()),
    sizes: prompts.map(({ length }) => length),
  };
};

/** The first anchor of each caption; anchors without a caption each count as a caption of their own. */
const promptsOf = (view: AnchorView, group: readonly Slot[]): Slot[] => {
  const first = new Map<string | Slot, Slot>();
  for (const slot of group) {
    const caption = view.entry(slot).caption ?? slot;
    if (!first.has(caption)) first.set(caption, slot);
  }
  return [...first.values()];
};

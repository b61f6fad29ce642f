import { AnchorageError } from "../../errors.ts";
import { createRandom, type Random } from "../../math/random.ts";
import type { AnchorEntry, AnchorView, Slot } from "../../retrieval/index.ts";
import type { TuneSettings } from "./types.ts";

/** With fewer, what one fold says is chance. */
export const FEWEST_CLASSES = 20;

/** Classes that are held out together, with every anchor of theirs, and what is asked about them. */
export interface Fold {
  /** The anchors that answer, in id order. */
  readonly memory: Int32Array;
  /** Anchors whose images are asked about, and of each the index of its class. */
  readonly images: Int32Array;
  readonly truths: Int32Array;
  /** Anchors whose texts are the prompts, class by class, and how many each class has: one for each distinct caption. */
  readonly prompts: Int32Array;
  readonly sizes: readonly number[];
}

type Dealing = Pick<TuneSettings, "by" | "folds" | "repeats" | "seed" | "classes" | "questions">;

/**
 * Deals classes into folds, at random but the same for the same anchors and seed. Anchors without a class only serve
 * as memory.
 *
 * @returns the folds of the first repeat, then those of the second, and so on; within a repeat no class is in two
 * @throws AnchorageError `unprocessable` where there are fewer than 20 classes
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
  const message = `the anchors have ${found} ${what}; tuning needs at least ${FEWEST_CLASSES}`;
  return new AnchorageError("unprocessable", message, {
    faults: by === undefined ? [] : [{ path: "by", message }],
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
    // Every class is asked about before any is asked about again.
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

/** The first anchor of each caption; those without one have a text of their own each. */
const promptsOf = (view: AnchorView, group: readonly Slot[]): Slot[] => {
  const first = new Map<string | Slot, Slot>();
  for (const slot of group) {
    const caption = view.entry(slot).caption ?? slot;
    if (!first.has(caption)) first.set(caption, slot);
  }
  return [...first.values()];
};

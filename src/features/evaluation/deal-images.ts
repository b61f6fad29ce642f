import type { Fold } from "../../asif/index.ts";
import { AnchorageError } from "../../errors.ts";
import { createRandom } from "../../math/random.ts";
import type { AnchorView, Slot } from "../../retrieval/index.ts";
import type { Metadata } from "../../types.ts";

const FOLDS = 5;
const FEWEST_CLASSES = 2;
/** Captions that a class is asked by, evenly spaced among those it has. */
const MOST_PROMPTS = 50;

/** The class of an anchor by a metadata field; undefined where its value names none. */
export const classOf = (metadata: Metadata, by: string): string | undefined => {
  const value = Object.hasOwn(metadata, by) ? metadata[by] : undefined;
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;
};

/**
 * Splits the images of classes into folds: each fold asks for some images, and every other anchor answers. A class is
 * asked for by the captions of its anchors that are not asked about.
 *
 * @param options.by the metadata field whose values are the classes; those of one anchor take no part
 * @throws AnchorageError `unprocessable` if fewer than two classes have two anchors
 */
export const dealImages = (
  view: AnchorView,
  options: {
    readonly by: string;
    readonly classes: number;
    readonly questions: number;
    readonly seed: number;
  },
): Fold[] => {
  const { by, classes, questions, seed } = options;
  const all = view.liveSlots();
  const groups = new Map<string, Slot[]>();
  for (const slot of all) {
    const name = classOf(view.entry(slot).metadata, by);
    if (name !== undefined) groups.set(name, [...(groups.get(name) ?? []), slot]);
  }
  const random = createRandom(seed);
  const chosen = [...groups.values()]
    .filter(({ length }) => length >= 2)
    .sort((a, b) => b.length - a.length)
    .slice(0, classes)
    .map((group) => random.shuffle(group));
  if (chosen.length < FEWEST_CLASSES) {
    const message = `fewer than ${FEWEST_CLASSES} values of "${by}" have two anchors`;
    throw new AnchorageError("unprocessable", `Nothing can be held out: ${message}.`, {
      faults: [{ path: ["by"], message }],
    });
  }
  const asked = chosen
    .flatMap((group, truth) => group.map((slot, turn) => ({ slot, truth, turn })))
    // Every class is asked once before any is asked twice.
    .sort((a, b) => a.turn - b.turn)
    .slice(0, questions);
  return Array.from({ length: FOLDS }, (_, fold) => {
    const own = asked.filter(({ turn }) => turn % FOLDS === fold);
    const held = new Set(own.map(({ slot }) => slot));
    const prompts = chosen.map((group) =>
      promptsOf(
        view,
        group.filter((slot) => !held.has(slot)),
      ),
    );
    return {
      memory: all.filter((slot) => !held.has(slot)),
      images: Int32Array.from(own, ({ slot }) => slot),
      truths: Int32Array.from(own, ({ truth }) => truth),
      prompts: Int32Array.from(prompts.flat()),
      sizes: prompts.map(({ length }) => length),
    };
  }).filter(({ images }) => images.length > 0);
};

/** One anchor of each caption, at most {@link MOST_PROMPTS}. */
const promptsOf = (view: AnchorView, group: readonly Slot[]): Slot[] => {
  const first = new Map(group.map((slot) => [view.entry(slot).caption ?? slot, slot] as const));
  const slots = [...first.values()];
  const step = Math.max(1, slots.length / MOST_PROMPTS);
  return Array.from(
    { length: Math.min(slots.length, MOST_PROMPTS) },
    (_, i) => slots[Math.floor(i * step)],
  ).filter((slot) => slot !== undefined);
};

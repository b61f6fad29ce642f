import { AnchorageError, invalidField } from "../../errors.ts";
import { createRandom } from "../../math/random.ts";
import type { AnchorId, Metadata } from "../../types.ts";
import type { Task } from "./subsets.ts";
import type { TrialAnchor } from "./trial.ts";

/** An anchor of a collection with the fields that can name its class. */
export interface LabelledAnchor extends TrialAnchor {
  readonly id: AnchorId;
  readonly text: string | null;
  readonly metadata: Metadata;
}

const FEWEST_CLASSES = 2;

/**
 * Tasks on a collection's own anchors: each run holds out some classes with all their anchors, and asks for the class
 * of each held-out image. The prompts of a class are the distinct captions of its anchors. Anchors without a class
 * only answer.
 *
 * @param field the metadata field whose values are the classes; default: anchors with the same caption form a class
 * @throws AnchorageError `invalid-input` if there are fewer than four classes.
 */
export const heldOutTasks = (
  anchors: readonly LabelledAnchor[],
  field: string | undefined,
  classes: number,
): { readonly classes: number; readonly taskOf: (seed: number) => Task } => {
  const groups = new Map<string, LabelledAnchor[]>();
  for (const anchor of anchors) {
    const name = classOf(anchor, field);
    if (name === undefined) continue;
    const known = groups.get(name);
    if (known === undefined) groups.set(name, [anchor]);
    else known.push(anchor);
  }
  // At most half of the classes, so that the other anchors can distinguish them.
  const count = Math.min(classes, Math.floor(groups.size / 2));
  if (count < FEWEST_CLASSES) {
    const what = field === undefined ? "captions" : `values of "${field}"`;
    const message = `the anchors have ${groups.size} distinct ${what}; at least ${2 * FEWEST_CLASSES} are needed`;
    throw field === undefined ? new AnchorageError("invalid-input", message) : invalidField(["by"], message);
  }
  const names = [...groups.keys()];
  return {
    classes: count,
    taskOf: (seed) => {
      const chosen = createRandom(seed).sample(names, count);
      const held = new Set(chosen.flatMap((name) => groups.get(name) ?? []));
      const asked = chosen.flatMap((name, truth) =>
        (groups.get(name) ?? []).map((anchor) => ({ anchor, truth, name })),
      );
      return {
        anchors: anchors.filter((anchor) => !held.has(anchor)),
        images: asked.map(({ anchor }) => anchor.imageVector),
        truths: asked.map(({ truth }) => truth),
        subjects: asked.map(({ name }) => name),
        classes: chosen.map((name) => ({ prompts: promptsOf(groups.get(name) ?? []) })),
      };
    },
  };
};

const classOf = ({ text, metadata }: LabelledAnchor, field: string | undefined): string | undefined => {
  if (field === undefined) return text ?? undefined;
  const value = Object.hasOwn(metadata, field) ? metadata[field] : undefined;
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;
};

const promptsOf = (anchors: readonly LabelledAnchor[]): Float32Array[] => [
  ...new Map(anchors.map(({ text, id, textVector }) => [text ?? id, textVector] as const)).values(),
];

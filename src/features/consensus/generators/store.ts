import { labelKey, labelsAt, labelsOf, once, type NearAnchors, type Scene } from "../scene/index.ts";
import type { Generator, Payload, Proposed } from "../types.ts";
import { newTexts } from "./texts.ts";

export interface NearestSettings {
  readonly name?: string;
  /** How many of the nearest anchors are looked at; absent: 100. */
  readonly k?: number;
}

const NEAREST = 100;

/** The captions of the anchors that are nearest to the condition, the nearest first. */
export const createCaptionsGenerator = (
  scene: Scene,
  { name = "captions", k = NEAREST }: NearestSettings = {},
): Generator => ({
  name,
  propose: async (state, count) => newTexts(await captionsNear(scene, k), state, count),
});

/** Every class of a metadata field: its distinct values, the most frequent first. */
export const createClassNamesGenerator = (
  scene: Scene,
  { name = "class-names", field }: { readonly name?: string; readonly field: string },
): Generator => {
  const names = once(() =>
    Promise.resolve(Array.from(labelsOf(scene, field).values(), (label) => label.name)),
  );
  return { name, propose: async (state, count) => newTexts(await names(), state, count) };
};

/** What the nearest anchors have in a metadata field, such as a list of tags: the one with the most similar anchors first. */
export const createTagsGenerator = (
  scene: Scene,
  { name = "tags", k = NEAREST, field }: NearestSettings & { readonly field: string },
): Generator => ({
  name,
  propose: async (state, count) => {
    const weights = new Map<string, { name: string; weight: number }>();
    for (const { slots, similarities } of await nearest(scene, k))
      slots.forEach((slot, i) => {
        for (const label of labelsAt(scene, slot, field)) {
          const known = weights.get(labelKey(label)) ?? { name: label, weight: 0 };
          known.weight += Math.max(0, similarities[i] ?? 0);
          weights.set(labelKey(label), known);
        }
      });
    const sorted = [...weights.values()].sort((a, b) => b.weight - a.weight);
    return newTexts(
      sorted.map((label) => label.name),
      state,
      count,
    );
  },
});

/**
 * Retrieval expansion: the captions of the anchors whose texts (or images) are nearest to what survived, from the second
 * round on.
 */
export const createExpansionGenerator = (
  scene: Scene,
  { name = "expansion", k = 20 }: NearestSettings = {},
): Generator => ({
  name,
  propose: async (state, count) => {
    const found = new Map<string, Proposed>();
    for (const { proposal } of state.survivors) {
      for (const modality of ["text", "image"] as const) {
        const [item] = await scene.itemsOf([proposal.payload], modality);
        if (item === undefined) continue;
        const [near] = await scene.nearest([item], k);
        for (const text of captionsOf(scene, near)) {
          const payload: Payload = { kind: "text", text };
          if (!found.has(text) && !state.has(payload)) found.set(text, { payload, parents: [proposal.id] });
        }
      }
    }
    return [...found.values()].slice(0, count);
  },
});

/** The anchors that are nearest to the condition's images, or by their captions to its texts where it has no image. */
export const createAnchorsGenerator = (
  scene: Scene,
  { name = "anchors", k = NEAREST }: NearestSettings = {},
): Generator => ({
  name,
  propose: async (state, count) => {
    const made = new Map<number, Proposed>();
    for (const { slots } of await nearest(scene, k))
      for (const slot of slots) {
        const payload: Payload = { kind: "anchor", anchor: scene.view.entry(slot).id };
        if (!state.has(payload)) made.set(slot, { payload });
      }
    return [...made.values()].slice(0, count);
  },
});

/** Captions of the condition's nearest anchors by its images, else by its texts; those of several in turns. */
export const captionsNear = async (scene: Scene, k: number): Promise<string[]> => {
  const lists = (await nearest(scene, k)).map((near) => captionsOf(scene, near));
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, i) => lists.flatMap((list) => list[i] ?? [])).flat();
};

const nearest = (scene: Scene, k: number): Promise<readonly NearAnchors[]> =>
  scene.nearest(scene.condition.image.length > 0 ? scene.condition.image : scene.condition.text, k);

const captionsOf = ({ view }: Scene, near: NearAnchors | undefined): string[] =>
  Array.from(near?.slots ?? [], (slot) => view.entry(slot).caption ?? "").filter(
    (text) => text.trim() !== "",
  );

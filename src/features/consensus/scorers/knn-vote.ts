import { labelKey, labelsAt, labelsOf, once, type Scene } from "../scene/index.ts";
import type { Scorer } from "../types.ts";
import { NEIGHBOURS, softmax, TEMPERATURE, type NeighbourSettings } from "./neighbour-captions.ts";
import { settled } from "./settings.ts";

export interface VoteSettings extends NeighbourSettings {
  /** The metadata field that holds an anchor's class, or a list of its tags. */
  readonly field: string;
}

/**
 * The share of the votes that the nearest anchors give a class: each votes for what it has in a metadata field, weighted
 * by the softmax of its image's similarity. What no anchor has there cannot be judged.
 */
export const createKnnVoteScorer = (
  scene: Scene,
  { field, k = NEIGHBOURS, temperature = TEMPERATURE, ...settings }: VoteSettings,
): Scorer => {
  const counted = once(async () => {
    const near = await scene.nearest(scene.condition.image, k);
    const votes = new Map<string, number>(Array.from(labelsOf(scene, field).keys(), (key) => [key, 0]));
    for (const { slots, similarities } of near) {
      softmax(similarities, temperature).forEach((weight, i) => {
        const keys = new Set(labelsAt(scene, slots[i] ?? -1, field).map(labelKey));
        for (const key of keys) votes.set(key, (votes.get(key) ?? 0) + weight / near.length);
      });
    }
    return near.length === 0 ? new Map<string, number>() : votes;
  });
  return {
    ...settled(settings, { name: "knn-vote" }),
    kinds: ["text"],
    score: async (proposals) => {
      const votes = await counted();
      return {
        scores: Float64Array.from(proposals, ({ payload }) =>
          payload.kind === "text" ? (votes.get(labelKey(payload.text)) ?? Number.NaN) : Number.NaN,
        ),
      };
    },
  };
};

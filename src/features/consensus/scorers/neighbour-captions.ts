import { dot } from "../../../math/dot.ts";
import { anchorItem, once, type Scene } from "../scene/index.ts";
import type { Scorer } from "../types.ts";
import { judgeItems } from "./across.ts";
import { settled, type ScorerSettings } from "./settings.ts";

export interface NeighbourSettings extends ScorerSettings {
  /** How many of the nearest anchors have a say; absent: 20. */
  readonly k?: number;
  /** Of the softmax of their similarities, which is their weight; absent: 0.1. */
  readonly temperature?: number;
}

export const NEIGHBOURS = 20;
export const TEMPERATURE = 0.1;

/**
 * How far a text agrees with the captions of the anchors whose images are nearest to the condition's: the mean cosine,
 * each caption weighted by the softmax of its image's similarity. The condition's own anchor has no say.
 */
export const createNeighbourCaptionsScorer = (
  scene: Scene,
  { k = NEIGHBOURS, temperature = TEMPERATURE, ...settings }: NeighbourSettings = {},
): Scorer => {
  const { view } = scene;
  const images = scene.condition.image;
  const gathered = once(async () => {
    const near = await scene.nearest(images, k);
    const captions = near.flatMap(({ slots }) => Array.from(slots, (slot) => anchorItem(view, "text", slot)));
    const weights = near.flatMap(({ similarities }) =>
      softmax(similarities, temperature).map((weight) => weight / near.length),
    );
    const shown = await scene.show(captions);
    const sum = new Float32Array(shown[0]?.length ?? 0);
    shown.forEach((vector, i) => {
      for (let j = 0; j < sum.length; j++) sum[j] = (sum[j] ?? 0) + (weights[i] ?? 0) * (vector[j] ?? 0);
    });
    return { sum, near: new Set(near.flatMap(({ slots }) => [...slots])) };
  });
  return {
    ...settled(settings, { name: "neighbour-captions" }),
    kinds: ["text", "vector"],
    score: async (proposals) => {
      const { sum, near } = await gathered();
      // Without anchors there are no captions to compare with.
      return judgeItems(scene, proposals, "text", near.size === 0 ? [] : images.slice(0, 1), async (items) =>
        Float64Array.from(await scene.show(items), (vector) => dot(vector, sum)),
      );
    },
    background: async () => {
      const { sum, near } = await gathered();
      const { slots, items } = scene.background("text");
      // Those that have a say agree with themselves.
      const others = items.filter((_, i) => !near.has(slots[i] ?? -1));
      return others.length === 0
        ? new Float64Array()
        : Float64Array.from(await scene.show(others), (vector) => dot(vector, sum));
    },
  };
};

export const softmax = (values: ArrayLike<number>, temperature: number): number[] => {
  const all = Array.from(values);
  const top = all.reduce((a, b) => Math.max(a, b), -Infinity);
  const shares = all.map((value) => Math.exp((value - top) / temperature));
  const sum = shares.reduce((a, b) => a + b, 0);
  return shares.map((share) => share / sum);
};

import type { Classifier } from "../classifiers/index.ts";
import { flat, labelKey, type Scene } from "../scene/index.ts";
import type { Scorer } from "../types.ts";
import { settled, type ScorerSettings } from "./settings.ts";

export interface OnnxClassifierSettings extends ScorerSettings {
  readonly classifier: Classifier;
  /** The class that proposals are to be of; absent: proposed texts are classes of what the condition has. */
  readonly target?: string;
}

/**
 * What an operator's classifier gives a class for the condition's image (or text), or a proposed one for a class. It is
 * asked about raw vectors, as the encoder makes them.
 */
export const createOnnxClassifierScorer = (
  scene: Scene,
  { classifier, target, ...settings }: OnnxClassifierSettings,
): Scorer => {
  const { modality, classes } = classifier;
  const places = new Map(classes.map((name, i) => [labelKey(name), i] as const));
  const wanted = target === undefined ? undefined : places.get(labelKey(target));
  return {
    ...settled(settings, { name: "onnx" }),
    kinds: target === undefined ? ["text"] : modality === "image" ? ["anchor", "vector"] : ["text", "vector"],
    score: async (proposals) => {
      const scores = new Float64Array(proposals.length).fill(Number.NaN);
      if (target !== undefined) {
        const items = await scene.itemsOf(
          proposals.map(({ payload }) => payload),
          modality,
        );
        const present = items.filter((item) => item !== undefined);
        if (present.length === 0 || wanted === undefined) return { scores };
        const rows = await classifier.classify(Float32Array.from(flat(present)));
        let row = 0;
        items.forEach((item, i) => {
          if (item !== undefined) scores[i] = rows[row++ * classes.length + wanted] ?? Number.NaN;
        });
        return { scores };
      }
      const given = scene.condition[modality];
      if (given.length === 0) return { scores };
      const rows = await classifier.classify(Float32Array.from(flat(given)));
      proposals.forEach(({ payload }, i) => {
        const place = payload.kind === "text" ? places.get(labelKey(payload.text)) : undefined;
        if (place === undefined) return;
        let sum = 0;
        for (let at = 0; at < given.length; at++) sum += rows[at * classes.length + place] ?? Number.NaN;
        scores[i] = sum / given.length;
      });
      return { scores };
    },
  };
};

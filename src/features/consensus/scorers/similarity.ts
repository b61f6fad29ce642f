import { dot } from "../../../math/dot.ts";
import { createTurns } from "../../../math/slices.ts";
import type { Modality } from "../../../types.ts";
import type { Scene } from "../scene/index.ts";
import type { Scorer } from "../types.ts";
import { judgeItems, meanOverRows, VECTOR_KINDS, type ScoreItems } from "./across.ts";
import { settled, type ScorerSettings } from "./settings.ts";

/** The cosine, as the collection's transform shows them, of proposed texts with the texts of the condition. */
export const createTextTextScorer = (scene: Scene, settings: ScorerSettings = {}): Scorer =>
  createSimilarityScorer(scene, "text", { name: "text-text", ...settings });

/** The same of images. */
export const createImageImageScorer = (scene: Scene, settings: ScorerSettings = {}): Scorer =>
  createSimilarityScorer(scene, "image", { name: "image-image", ...settings });

const createSimilarityScorer = (
  scene: Scene,
  modality: Modality,
  settings: ScorerSettings & { readonly name: string },
): Scorer => {
  const against = scene.condition[modality];
  const score: ScoreItems = async (items, others) => {
    const [shown, wanted] = [await scene.show(items), await scene.show(others)];
    const scores = new Float64Array(wanted.length * shown.length);
    const turn = createTurns();
    for (const [row, other] of wanted.entries()) {
      await turn();
      shown.forEach((vector, column) => (scores[row * shown.length + column] = dot(other, vector)));
    }
    return scores;
  };
  return {
    ...settled(settings, settings),
    kinds: VECTOR_KINDS,
    score: (proposals) => judgeItems(scene, proposals, modality, against, score),
    background: async () => {
      const { items } = scene.background(modality);
      return items.length === 0
        ? new Float64Array()
        : meanOverRows(await score(items, against), items.length);
    },
  };
};

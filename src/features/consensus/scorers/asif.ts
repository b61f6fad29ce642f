import { scoreAll } from "../../../asif/index.ts";
import { OTHER_MODALITY } from "../../../types.ts";
import type { Scene } from "../scene/index.ts";
import type { Scorer } from "../types.ts";
import {
  givenSide,
  judgeItems,
  isEmpty,
  meanOverRows,
  nothing,
  VECTOR_KINDS,
  type ScoreItems,
} from "./across.ts";
import { settled, type ScorerSettings } from "./settings.ts";

/**
 * The cosine of relative representations (ASIF, arXiv 2210.01738): how well a text describes the images of the
 * condition, or where it has none, how well an image shows its texts. In [-1, 1]. Without anchors it cannot judge.
 */
export const createAsifScorer = (scene: Scene, settings: ScorerSettings = {}): Scorer => {
  const side = givenSide(scene);
  const against = scene.condition[side];
  const score: ScoreItems = async (items, others) =>
    isEmpty(scene)
      ? nothing(items, others)
      : scoreAll(await scene.represent(others), await scene.represent(items), scene.view.slotCount);
  return {
    ...settled(settings, { name: "asif" }),
    kinds: VECTOR_KINDS,
    score: (proposals) => judgeItems(scene, proposals, OTHER_MODALITY[side], against, score),
    background: async () => {
      const rows = await scene.background(OTHER_MODALITY[side]).represented();
      const scores = await scoreAll(await scene.represent(against), rows, scene.view.slotCount);
      return meanOverRows(scores, rows.count);
    },
  };
};

import { localBackground, scoreByMethod, type LocalMethod } from "../../../asif/index.ts";
import { OTHER_MODALITY } from "../../../types.ts";
import { flat, type Scene } from "../scene/index.ts";
import type { Scorer } from "../types.ts";
import {
  givenSide,
  isEmpty,
  judgeItems,
  meanOverRows,
  nothing,
  transposed,
  VECTOR_KINDS,
  type ScoreItems,
} from "./across.ts";
import { settled, type ScorerSettings } from "./settings.ts";

/**
 * How well a text and an image go together by regression over the anchors nearest to each, alone (`local`) or added to
 * the cosine of relative representations (`asif+local`). Not bounded by 1. Without anchors it cannot judge.
 */
export const createLocalScorer = (
  scene: Scene,
  method: LocalMethod,
  settings: ScorerSettings = {},
): Scorer => {
  const side = givenSide(scene);
  const against = scene.condition[side];
  const { view, allow } = scene;
  const searched = { ...scene.settings, ...(allow === undefined ? {} : { allow }) };
  const score: ScoreItems = async (items, others) => {
    if (isEmpty(scene)) return nothing(items, others);
    const [own, given] = [flat(items), flat(others)];
    if (side === "image") return scoreByMethod(view, method, given, own, searched);
    return transposed(await scoreByMethod(view, method, own, given, searched), others.length);
  };
  return {
    ...settled(settings, { name: method }),
    kinds: VECTOR_KINDS,
    score: (proposals) => judgeItems(scene, proposals, OTHER_MODALITY[side], against, score),
    background: async () => {
      if (isEmpty(scene)) return new Float64Array();
      const scores = await localBackground(view, method, side, flat(against), searched);
      return meanOverRows(scores, scores.length / against.length);
    },
  };
};

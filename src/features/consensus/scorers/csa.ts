import type { Member } from "../../../api/methods.ts";
import { scoreByMethod } from "../../../asif/index.ts";
import type { Aligned } from "../../../retrieval/index.ts";
import { OTHER_MODALITY, type AlignmentKind } from "../../../types.ts";
import { flat, type Scene } from "../scene/index.ts";
import type { Scorer } from "../types.ts";
import {
  givenSide,
  judgeItems,
  isEmpty,
  meanOverRows,
  nothing,
  transposed,
  VECTOR_KINDS,
  type ScoreItems,
} from "./across.ts";
import { settled, type ScorerSettings } from "./settings.ts";

export interface CsaSettings extends ScorerSettings {
  /** What is fitted on the anchors; absent: `csa`. */
  readonly method?: Exclude<Member, "asif">;
}

/**
 * How well a text and an image go together in the space of a linear map that is fitted on the anchors: the weighted cosine of
 * canonical directions (Li, Chinchali and Topcu, arXiv 2410.07610), or another of the methods. In [-1, 1]. Where the
 * anchors are too few for a fit it cannot judge.
 */
export const createCsaScorer = (scene: Scene, { method = "csa", ...settings }: CsaSettings = {}): Scorer => {
  const side = givenSide(scene);
  const against = scene.condition[side];
  const view = { ...scene.view, align: alignOnce(scene) };
  const hasFit = async (): Promise<boolean> =>
    (await view.align(method === "asif-csa" ? "csa" : method)).rank(1) > 0;
  const score: ScoreItems = async (items, others) => {
    if (isEmpty(scene) || !(await hasFit())) return nothing(items, others);
    const [left, right] = [flat(others), flat(items)];
    if (side === "image") return scoreByMethod(view, method, left, right, scene.settings);
    return transposed(await scoreByMethod(view, method, right, left, scene.settings), others.length);
  };
  return {
    ...settled(settings, { name: method }),
    kinds: VECTOR_KINDS,
    score: (proposals) => judgeItems(scene, proposals, OTHER_MODALITY[side], against, score),
    background: async () => {
      const { items } = scene.background(OTHER_MODALITY[side]);
      return items.length === 0
        ? new Float64Array()
        : meanOverRows(await score(items, against), items.length);
    },
  };
};

/** What is fitted on some of the anchors is not kept; within a run it is fitted once. */
export const alignOnce = ({
  view,
  settings: { allow },
}: Scene): ((kind: AlignmentKind) => Promise<Aligned>) => {
  const fits = new Map<AlignmentKind, Promise<Aligned>>();
  return (kind) => {
    const fit = fits.get(kind) ?? view.align(kind, allow);
    fits.set(kind, fit);
    return fit;
  };
};

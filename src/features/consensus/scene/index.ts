/** What the scorers and generators of one run share: anchors, condition, and each vector and its neighbours once. */
export { labelKey, labelsAt, labelsOf } from "./labels.ts";
export { createMemo, once, type Memo } from "./memo.ts";
export { joinRows, representationRows, type RepresentationRow } from "./rows.ts";
export {
  anchorItem,
  createScene,
  flat,
  type Background,
  type Condition,
  type Item,
  type NearAnchors,
  type Scene,
  type SceneOptions,
} from "./scene.ts";

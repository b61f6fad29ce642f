/** Local regression: answers by the anchors nearest to an image and to a text, with what near anchors share counted once. */
export { localBackground } from "./background.ts";
export { localRows, meanUnitRows, NEAREST, regressionWeights, type LocalRows } from "./regression.ts";
export { openLocalScorer, openScales, scoreLocally, type LocalAnswer, type MemberScale } from "./scores.ts";
export {
  drawReferences,
  entriesOf,
  keyOfLooks,
  localImages,
  localTexts,
  meanTexts,
  openFrame,
  referencesOf,
  widthOf,
  type Frame,
  type LocalImages,
  type LocalMethod,
  type LocalTexts,
  type References,
} from "./inputs.ts";
export { rowsWithout, spareRows, type SpareRows } from "./without.ts";

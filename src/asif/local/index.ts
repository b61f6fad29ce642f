/** Local regression: answers by the anchors nearest to an image and to a text, with what near anchors share counted once. */
export { localBackground } from "./background.ts";
export { drawReferences, referencesOf, type References } from "./references.ts";
export { regressionWeights } from "./regression.ts";
export { localRows, NEAREST, type LocalRows } from "./rows.ts";
export { openLocalScorer, openScales, type LocalImages, type MemberScale } from "./members.ts";
export { localImages, scoreLocally, type LocalAnswer } from "./scores.ts";
export {
  entriesOf,
  keyOfLooks,
  localTexts,
  meanTexts,
  openFrame,
  widthOf,
  type Frame,
  type LocalMethod,
  type LocalTexts,
} from "./texts.ts";
export { rowsWithout, spareRows, type SpareRows } from "./without.ts";

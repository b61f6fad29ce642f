import { createSlices } from "../../math/slices.ts";
import type { AnchorView } from "../../retrieval/index.ts";
import type { Modality } from "../../types.ts";
import { spacedSlots, withoutSelf } from "../background.ts";
import type { AsifSettings } from "../types.ts";
import { scoreReferences, scoreLocally } from "./scores.ts";
import {
  localImages,
  localTexts,
  nearestIn,
  openFrame,
  prepareRows,
  widthOf,
  type Frame,
  type LocalImages,
  type LocalMethod,
} from "./inputs.ts";

/**
 * How inputs of one modality score with anchors of the other one, each anchor by those beside it: captions for images,
 * which are the reference captions that scores are scaled by, and the images of 256 anchors for texts.
 *
 * @param vectors raw, `[n, d]` row-major
 * @returns `[n, anchors]` row-major
 * @example
 * ```ts
 * const scores = await localBackground(view, "local", "image", vectors, settings); // n x 512
 * ```
 */
export const localBackground = async (
  view: AnchorView,
  method: LocalMethod,
  modality: Modality,
  vectors: Float32Array,
  settings: AsifSettings,
): Promise<Float64Array> => {
  const frame = await openFrame(view, method, settings);
  if (modality === "image") return scoreReferences(frame, await localImages(frame, vectors));
  const texts = await localTexts(frame, vectors);
  const images = await imagesOfAnchors(frame, spacedSlots(view, settings.allow));
  const scores = new Float64Array(texts.count * images.count);
  await scoreLocally(frame, images, texts, (image, answer) =>
    answer.scores.forEach((score, text) => (scores[text * images.count + image] = score)),
  );
  return scores;
};

const imagesOfAnchors = async (frame: Frame, slots: Int32Array): Promise<LocalImages> => {
  const width = widthOf(frame);
  const vectors = frame.view.vectors("image", slots);
  const { neighbours, transformed } = await nearestIn(frame, "image", vectors, width + 1);
  return prepareRows(frame, "image", withoutSelf(neighbours, slots, width), transformed, createSlices());
};

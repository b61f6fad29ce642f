import { createSlices } from "../../math/slices.ts";
import type { Slot } from "../../retrieval/index.ts";
import type { Part, ScoreParts } from "../explain.ts";
import { dotAt } from "./rows.ts";
import { openLocalScorer, openScales, type LocalImages, type Members, type MemberScale } from "./members.ts";
import { nearestIn, prepareRows, widthOf, type Frame, type LocalTexts } from "./texts.ts";

/** One image's answer. */
export interface LocalAnswer extends ScoreParts {
  /** With each text; overwritten by the next image's. */
  readonly scores: Float64Array;
  /** The part of the answer that no anchor has. */
  readonly offset: number;
}

export const localImages = async (frame: Frame, images: Float32Array): Promise<LocalImages> => {
  const { neighbours, shown } = await nearestIn(frame, "image", images, widthOf(frame));
  return prepareRows(frame, "image", neighbours, shown, createSlices());
};

/**
 * Scores images with texts by local regression, forwards from the image and backwards from the text, and by relative
 * representations as well where the method is `asif+local`. Each of the three is divided by its deviation over reference
 * captions of the collection, and the mean over these is taken from the sum, so that a score means the same whatever the
 * other texts are.
 *
 * @param onImage gets each image's scores, in order
 */
export const scoreLocally = async (
  frame: Frame,
  images: LocalImages,
  texts: LocalTexts,
  onImage: (image: number, answer: LocalAnswer) => void,
): Promise<void> => {
  const scaleOfImage = await openScales(frame);
  const score = openLocalScorer(frame.view.slotCount);
  const scores = new Float64Array(texts.count);
  const slices = createSlices();
  for (let image = 0; image < images.count; image++) {
    const scale = await scaleOfImage(images, image);
    score(images, image, texts, scale, scores);
    onImage(image, {
      scores,
      offset: scale.offset,
      support: supportOf(images, image),
      partsOf: (row) => partsOf(frame, images, image, texts, row, scale),
    });
    if (slices.due()) await slices.rest();
  }
};

/** The anchors that an image is described by. */
const supportOf = ({ local, relative }: LocalImages, image: number): number => {
  const near = new Set<Slot>();
  for (let at = local.offsets[image] ?? 0; at < (local.offsets[image + 1] ?? 0); at++)
    if (local.weights[at] !== 0) near.add(local.slots[at] ?? 0);
  if (relative !== null)
    for (let at = relative.offsets[image] ?? 0; at < (relative.offsets[image + 1] ?? 0); at++)
      near.add(relative.slots[at] ?? 0);
  return near.size;
};

/** What each anchor adds to the score of an image with a text; together the score and the offset. */
const partsOf = (
  frame: Frame,
  images: LocalImages,
  image: number,
  texts: LocalTexts,
  row: number,
  scale: MemberScale,
): Part[] => {
  const shares = sharesOf(images, image, texts, row);
  const slots = Int32Array.from(shares.keys());
  const [imageRows, textRows] = [frame.image.rows(slots), frame.text.rows(slots)];
  const [dImage, dText] = [frame.image.dimension, frame.text.dimension];
  return Array.from(shares.values(), ({ relative, forward, backward }, i) => {
    const imageSimilarity = dotAt(imageRows, i * dImage, images.shown, image * dImage, dImage);
    const textSimilarity = dotAt(textRows, i * dText, texts.shown, row * dText, dText);
    const contribution =
      scale.relative * relative +
      scale.forward * forward * textSimilarity +
      scale.backward * backward * imageSimilarity;
    return { slot: slots[i] ?? 0, contribution, imageSimilarity, textSimilarity };
  });
};

type Shares = Record<keyof Members, number>;

/** Of each anchor: the product of its values in both representations, and its weights in both directions. */
const sharesOf = (
  images: LocalImages,
  image: number,
  texts: LocalTexts,
  row: number,
): ReadonlyMap<Slot, Shares> => {
  const shares = new Map<Slot, Shares>();
  const share = (slot: Slot): Shares => {
    let found = shares.get(slot);
    if (found === undefined) shares.set(slot, (found = { relative: 0, forward: 0, backward: 0 }));
    return found;
  };
  const { local, relative } = images;
  for (let at = local.offsets[image] ?? 0; at < (local.offsets[image + 1] ?? 0); at++)
    share(local.slots[at] ?? 0).forward = local.weights[at] ?? 0;
  const back = texts.local;
  for (let at = back.offsets[row] ?? 0; at < (back.offsets[row + 1] ?? 0); at++)
    share(back.slots[at] ?? 0).backward = back.weights[at] ?? 0;
  if (relative === null || texts.relative === null) return shares;
  const values = new Map<Slot, number>();
  for (let at = relative.offsets[image] ?? 0; at < (relative.offsets[image + 1] ?? 0); at++)
    values.set(relative.slots[at] ?? 0, relative.values[at] ?? 0);
  for (let at = texts.relative.offsets[row] ?? 0; at < (texts.relative.offsets[row + 1] ?? 0); at++) {
    const slot = texts.relative.slots[at] ?? 0;
    const value = values.get(slot);
    if (value !== undefined) share(slot).relative = value * (texts.relative.values[at] ?? 0);
  }
  return shares;
};

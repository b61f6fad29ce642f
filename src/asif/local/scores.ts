import { createSlices } from "../../math/slices.ts";
import { multiplyByTransposed, type Slot } from "../../retrieval/index.ts";
import type { Part, ScoreParts } from "../explain.ts";
import type { RelativeRepresentations } from "../types.ts";
import { dotAt } from "./dots.ts";
import { referencesOf, type References } from "./references.ts";
import { localRows, type LocalRows } from "./rows.ts";
import { nearestIn, relativeOf, widthOf, type Frame, type LocalTexts } from "./texts.ts";

/** Deviations below this are rounding: the scores say nothing, and are not blown up. */
const NO_DEVIATION = 1e-12;

/** The three scores of an image with some texts. */
interface Members {
  /** The cosine of relative representations; zeros by `local` alone. */
  readonly relative: Float64Array;
  /** How much the text is like what the anchors near the image say. */
  readonly forward: Float64Array;
  /** How much the image is like what the anchors near the text show. */
  readonly backward: Float64Array;
}

/** What each member is multiplied by, and what is taken from their sum. */
export interface MemberScale {
  readonly relative: number;
  readonly forward: number;
  readonly backward: number;
  readonly offset: number;
}

/** Images in the form in which they are scored, which is that of texts with sides exchanged. */
export type LocalImages = LocalTexts;

/** One image's answer. */
export interface LocalAnswer extends ScoreParts {
  /** With each text; overwritten by the next image's. */
  readonly scores: Float64Array;
  /** The part of the answer that no anchor has. */
  readonly offset: number;
}

export const localImages = async (frame: Frame, images: Float32Array): Promise<LocalImages> => {
  const { neighbours, shown } = await nearestIn(frame, "image", images, widthOf(frame));
  return {
    count: neighbours.counts.length,
    relative: relativeOf(frame, neighbours),
    local: await localRows(neighbours, frame.image, frame.text, createSlices()),
    shown,
  };
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

/** Finds what an image's scores are scaled by: how it scores with the reference captions. */
export const openScales = async (
  frame: Frame,
): Promise<(images: LocalImages, image: number) => Promise<MemberScale>> => {
  const references = await referencesOf(frame);
  const { texts, directions } = references;
  const spread = new Float64Array(frame.view.slotCount);
  const relative = new Float64Array(texts.count);
  return async (images, image) => {
    // Hundreds of products of long rows: by the kernel, whose float32 is enough for a mean and a deviation.
    const [forward, backward] = await Promise.all([
      productsWith(texts.shown, Float32Array.from(rowOf(images.local.directions, image, images.count))),
      productsWith(directions, rowOf(images.shown, image, images.count)),
    ]);
    leaveOwnOut(images.local, image, references, forward);
    if (images.relative !== null && texts.relative !== null)
      scoreRelative(images.relative, image, texts.relative, spread, relative);
    return scaleOf({ relative, forward, backward }, frame.method === "asif+local");
  };
};

const rowOf = <Rows extends Float32Array | Float64Array>(rows: Rows, row: number, count: number): Rows => {
  const d = rows.length / count;
  return rows.subarray(row * d, (row + 1) * d) as Rows;
};

/** The inner products of rows with one vector. */
const productsWith = async (rows: Float32Array, vector: Float32Array): Promise<Float64Array> => {
  const columns = vector.length;
  if (rows.length === 0) return new Float64Array();
  const left = { data: rows, rows: rows.length / columns, columns };
  return Float64Array.from(await multiplyByTransposed(left, { data: vector, rows: 1, columns }));
};

type ScoreImage = (
  images: LocalImages,
  image: number,
  texts: LocalTexts,
  scale: MemberScale,
  into: Float64Array,
) => void;

/** Scores an image with texts by a scale that is known, into an array of at least as many numbers. */
export const openLocalScorer = (slotCount: number): ScoreImage => {
  const spread = new Float64Array(slotCount);
  let members: Members | undefined;
  return (images, image, texts, scale, into) => {
    if ((members?.forward.length ?? 0) < texts.count) members = membersFor(texts);
    if (members === undefined) return;
    scoreMembers(images, image, texts, spread, members);
    combine(members, scale, into.subarray(0, texts.count));
  };
};

const membersFor = ({ count }: LocalTexts): Members => ({
  relative: new Float64Array(count),
  forward: new Float64Array(count),
  backward: new Float64Array(count),
});

/** @param spread zeros for every slot, and so again afterwards */
const scoreMembers = (
  { relative, local, shown }: LocalImages,
  image: number,
  texts: LocalTexts,
  spread: Float64Array,
  into: Members,
): void => {
  const { count } = texts;
  const dImage = shown.length / local.count;
  const dText = local.directions.length / local.count;
  for (let row = 0; row < count; row++) {
    into.forward[row] = dotAt(local.directions, image * dText, texts.shown, row * dText, dText);
    into.backward[row] = dotAt(texts.local.directions, row * dImage, shown, image * dImage, dImage);
  }
  if (relative === null || texts.relative === null) return;
  scoreRelative(relative, image, texts.relative, spread, into.relative);
};

/** @param spread zeros for every slot, and so again afterwards */
const scoreRelative = (
  images: RelativeRepresentations,
  image: number,
  texts: RelativeRepresentations,
  spread: Float64Array,
  into: Float64Array,
): void => {
  const { offsets, slots, values } = texts;
  const [from, to] = [images.offsets[image] ?? 0, images.offsets[image + 1] ?? 0];
  for (let at = from; at < to; at++) spread[images.slots[at] ?? 0] = images.values[at] ?? 0;
  for (let row = 0; row < texts.count; row++) {
    let sum = 0;
    const end = offsets[row + 1] ?? 0;
    for (let at = offsets[row] ?? 0; at < end; at++) sum += (values[at] ?? 0) * (spread[slots[at] ?? 0] ?? 0);
    into[row] = sum;
  }
  for (let at = from; at < to; at++) spread[images.slots[at] ?? 0] = 0;
};

/** A reference that is among an image's anchors would be scored by itself: its own part is left out of the direction. */
const leaveOwnOut = (
  local: LocalRows,
  image: number,
  references: References,
  forward: Float64Array,
): void => {
  const { shown, count } = references.texts;
  const d = shown.length / Math.max(1, count);
  for (let at = local.offsets[image] ?? 0; at < (local.offsets[image + 1] ?? 0); at++) {
    const place = references.placeOf.get(local.slots[at] ?? -1);
    if (place === undefined) continue;
    const weight = local.weights[at] ?? 0;
    const own = dotAt(shown, place * d, shown, place * d, d);
    const score = forward[place] ?? 0;
    const squares = 1 - 2 * weight * score + weight * weight * own;
    forward[place] = squares < NO_DEVIATION ? 0 : (score - weight * own) / Math.sqrt(squares);
  }
};

const scaleOf = ({ relative, forward, backward }: Members, hasRelative: boolean): MemberScale => {
  const [a, f, b] = [standing(relative), standing(forward), standing(backward)];
  const scale = { relative: hasRelative ? a.factor : 0, forward: f.factor / 2, backward: b.factor / 2 };
  return {
    ...scale,
    offset: scale.relative * a.mean + scale.forward * f.mean + scale.backward * b.mean,
  };
};

/** The mean of some scores, and one over their deviation; 1 where they hardly differ. */
const standing = (scores: Float64Array): { readonly mean: number; readonly factor: number } => {
  const n = Math.max(1, scores.length);
  let sum = 0;
  for (const score of scores) sum += score;
  const mean = sum / n;
  let squares = 0;
  for (const score of scores) squares += (score - mean) ** 2;
  const deviation = Math.sqrt(squares / n);
  return { mean, factor: deviation < NO_DEVIATION ? 1 : 1 / deviation };
};

const combine = ({ relative, forward, backward }: Members, scale: MemberScale, into: Float64Array): void => {
  for (let i = 0; i < into.length; i++)
    into[i] =
      scale.relative * (relative[i] ?? 0) +
      scale.forward * (forward[i] ?? 0) +
      scale.backward * (backward[i] ?? 0) -
      scale.offset;
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

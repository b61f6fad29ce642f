import { createSlices } from "../../math/slices.ts";
import { multiplyByTransposed, type Slot } from "../../retrieval/index.ts";
import type { Part, ScoreParts } from "../explain.ts";
import { scoreRow } from "../relative.ts";
import { referencesOf, type Frame, type LocalImages, type LocalTexts, type References } from "./inputs.ts";
import { dotAt, type LocalRows } from "./regression.ts";

/** Deviations below this are rounding: the scores say nothing, and are not blown up. */
const NO_DEVIATION = 1e-12;

/** The three scores of an image with some texts. */
export interface Members {
  /** The cosine of relative representations; zeros for the method `local`. */
  readonly relative: Float64Array;
  /** How much the text is like what the anchors near the image say. */
  readonly forward: Float64Array;
  /** Similarity of the image to the images of the anchors near the text. */
  readonly backward: Float64Array;
}

/** What each member is multiplied by, and what is taken from their sum. */
export interface MemberScale {
  readonly relative: number;
  readonly forward: number;
  readonly backward: number;
  readonly offset: number;
}

/** One image's answer. */
export interface LocalAnswer extends ScoreParts {
  /** With each text; overwritten by the next image's. */
  readonly scores: Float64Array;
  /** The part of the answer that no anchor has. */
  readonly offset: number;
}

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
    const imageSimilarity = dotAt(imageRows, i * dImage, images.transformed, image * dImage, dImage);
    const textSimilarity = dotAt(textRows, i * dText, texts.transformed, row * dText, dText);
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
  { relative, local, transformed }: LocalImages,
  image: number,
  texts: LocalTexts,
  spread: Float64Array,
  into: Members,
): void => {
  const { count } = texts;
  const dImage = transformed.length / local.count;
  const dText = local.directions.length / local.count;
  for (let row = 0; row < count; row++) {
    into.forward[row] = dotAt(local.directions, image * dText, texts.transformed, row * dText, dText);
    into.backward[row] = dotAt(texts.local.directions, row * dImage, transformed, image * dImage, dImage);
  }
  if (relative === null || texts.relative === null) return;
  scoreRow(relative, image, texts.relative, spread, into.relative);
};

/** Brings the members to their scale and adds them up. */
const combine = ({ relative, forward, backward }: Members, scale: MemberScale, into: Float64Array): void => {
  for (let i = 0; i < into.length; i++)
    into[i] =
      scale.relative * (relative[i] ?? 0) +
      scale.forward * (forward[i] ?? 0) +
      scale.backward * (backward[i] ?? 0) -
      scale.offset;
};

/** How an image scores with the reference captions, before and after these scores are brought to one scale. */
interface ReferenceScores {
  readonly members: Members;
  readonly scale: MemberScale;
}

/** Finds what an image's scores are scaled by: how it scores with the reference captions. */
export const openScales = async (
  frame: Frame,
): Promise<(images: LocalImages, image: number) => Promise<MemberScale>> => {
  const scoresOf = await openReferenceScores(frame);
  return async (images, image) => (await scoresOf(images, image)).scale;
};

/** Scores images with the reference captions; the members are overwritten by the next image's. */
const openReferenceScores = async (
  frame: Frame,
): Promise<(images: LocalImages, image: number) => Promise<ReferenceScores>> => {
  const references = await referencesOf(frame);
  const { texts, directions } = references;
  const spread = new Float64Array(frame.view.slotCount);
  const relative = new Float64Array(texts.count);
  return async (images, image) => {
    // Hundreds of products of long rows: by the kernel, whose float32 is enough for a mean and a deviation.
    const [forward, backward] = await Promise.all([
      productsWith(texts.transformed, Float32Array.from(rowOf(images.local.directions, image, images.count))),
      productsWith(directions, rowOf(images.transformed, image, images.count)),
    ]);
    leaveOwnOut(images.local, image, references, forward);
    if (images.relative !== null && texts.relative !== null)
      scoreRow(images.relative, image, texts.relative, spread, relative);
    const members = { relative, forward, backward };
    return { members, scale: scaleOf(members, frame.method === "asif+local") };
  };
};

/**
 * The scores of images with the reference captions: of each image they have the mean 0.
 *
 * @returns `[images, references]` row-major
 */
export const scoreReferences = async (frame: Frame, images: LocalImages): Promise<Float64Array> => {
  const scoresOf = await openReferenceScores(frame);
  const rows: Float64Array[] = [];
  for (let image = 0; image < images.count; image++) {
    const { members, scale } = await scoresOf(images, image);
    const scores = new Float64Array(members.forward.length);
    combine(members, scale, scores);
    rows.push(scores);
  }
  const columns = rows[0]?.length ?? 0;
  const all = new Float64Array(rows.length * columns);
  rows.forEach((row, image) => all.set(row, image * columns));
  return all;
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

/** A reference that is among an image's anchors would be scored by itself: its own part is left out of the direction. */
const leaveOwnOut = (
  local: LocalRows,
  image: number,
  references: References,
  forward: Float64Array,
): void => {
  const { transformed, count } = references.texts;
  const d = transformed.length / Math.max(1, count);
  for (let at = local.offsets[image] ?? 0; at < (local.offsets[image + 1] ?? 0); at++) {
    const place = references.placeOf.get(local.slots[at] ?? -1);
    if (place === undefined) continue;
    const weight = local.weights[at] ?? 0;
    const own = dotAt(transformed, place * d, transformed, place * d, d);
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

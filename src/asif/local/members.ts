import { multiplyByTransposed } from "../../retrieval/index.ts";
import type { RelativeRepresentations } from "../types.ts";
import { referencesOf, type References } from "./references.ts";
import { dotAt, type LocalRows } from "./rows.ts";
import type { Frame, LocalTexts } from "./texts.ts";

/** Deviations below this are rounding: the scores say nothing, and are not blown up. */
const NO_DEVIATION = 1e-12;

/** The three scores of an image with some texts. */
export interface Members {
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
      productsWith(texts.shown, Float32Array.from(rowOf(images.local.directions, image, images.count))),
      productsWith(directions, rowOf(images.shown, image, images.count)),
    ]);
    leaveOwnOut(images.local, image, references, forward);
    if (images.relative !== null && texts.relative !== null)
      scoreRelative(images.relative, image, texts.relative, spread, relative);
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

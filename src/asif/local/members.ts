import type { RelativeRepresentations } from "../types.ts";
import { dotAt } from "./dots.ts";
import type { LocalTexts } from "./texts.ts";

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
export const scoreRelative = (
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
export const combine = (
  { relative, forward, backward }: Members,
  scale: MemberScale,
  into: Float64Array,
): void => {
  for (let i = 0; i < into.length; i++)
    into[i] =
      scale.relative * (relative[i] ?? 0) +
      scale.forward * (forward[i] ?? 0) +
      scale.backward * (backward[i] ?? 0) -
      scale.offset;
};

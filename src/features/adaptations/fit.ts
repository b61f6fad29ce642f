import type { Queried } from "../../collections/question.ts";
import { invalidField } from "../../errors.ts";
import { createRandom } from "../../math/random.ts";
import type { AnchorView, Look } from "../../retrieval/index.ts";
import type { Sequence } from "../../types.ts";
import { alignMoments, type StyleAlignment } from "./align.ts";
import { COVARIANCE_IMAGES, FEWEST_IMAGES, type AdaptationDetail } from "./api.ts";
import { momentsOfRows } from "./moments.ts";
import { shiftBetween, usualShift } from "./shift.ts";
import type { AdaptationRecipe } from "./table.ts";

/** Shifts below this one gained nothing on the sample, and cost up to two points. */
const SMALL_SHIFT = 0.25;
/** More images than this are sampled. */
const MOST_IMAGES = 100_000;

/** Image vectors without labels, `[n, d]`, and the collection that they are in. */
export interface Unlabelled {
  readonly vectors: Float32Array;
  readonly source: { readonly key: number; readonly sequence: Sequence } | null;
}

/** The image vectors of a collection's live anchors, or of those that `allow` lets through. */
export const imagesOf = (view: AnchorView, allow: Uint8Array | undefined): Float32Array =>
  view.vectors(
    "image",
    view.liveSlots().filter((slot) => allow === undefined || allow[slot] === 1),
  );

/**
 * The collection's images under its transform.
 *
 * @throws AnchorageError `unprocessable` if the transform does not whiten them
 */
export const lookAt = async ({ record, view }: Pick<Queried, "record" | "view">): Promise<Look> => {
  const look = await view.look("image", record.transform);
  if (look.transform === "none" || look.transform === "center")
    throw invalidField(
      ["transform"],
      `of the collection leaves images at "${look.transform}"; adaptations need one that whitens images`,
      "unprocessable",
    );
  return look;
};

/**
 * Fits the alignment of unlabelled images with a collection's anchors.
 *
 * @param vectors raw vectors, `[n, d]`
 * @throws AnchorageError `unprocessable` for fewer than 20 images or a transform that does not whiten
 */
export const fitAdaptation = async (
  queried: Pick<Queried, "record" | "view">,
  vectors: Float32Array,
  { covariance: asked, seed }: AdaptationRecipe,
): Promise<{ readonly detail: AdaptationDetail; readonly alignment: StyleAlignment }> => {
  const { view } = queried;
  const sampled = sampleRows(vectors, view.dimension("image"), seed);
  const images = sampled.length / view.dimension("image");
  if (images < FEWEST_IMAGES)
    throw invalidField(["images"], `are ${images}; at least ${FEWEST_IMAGES} are needed`, "unprocessable");
  const look = await lookAt(queried);
  const r = look.dimension;
  const target = await momentsOfRows(await look.show(sampled), r);
  const rows = look.rows(view.liveSlots());
  const anchors = await momentsOfRows(rows, r);
  const { alignment, shrinkage } = await alignMoments(target, anchors, {
    covariance: asked ?? images >= COVARIANCE_IMAGES,
  });
  const shift = shiftBetween(target.mean, anchors.mean);
  const usual = await usualShift(rows, anchors.mean, images, seed);
  const notes = [
    ...(shift <= usual.largest ? ["These images are like the anchors; nothing is to be gained."] : []),
    ...(shift > usual.largest && shift < SMALL_SHIFT
      ? [`The shift is small (below ${SMALL_SHIFT}); compare answers with and without the adaptation.`]
      : []),
    ...(target.covariance.every((value) => value === 0)
      ? ["All images are the same; only their mean is aligned."]
      : []),
  ];
  return {
    alignment,
    detail: {
      images,
      anchors: anchors.count,
      covariance: alignment.matrix !== null,
      shrinkage,
      shift,
      usual,
      transform: look.transform,
      transformVersion: look.transformVersion,
      notes,
    },
  };
};

const sampleRows = (vectors: Float32Array, d: number, seed: number): Float32Array => {
  const count = vectors.length / d;
  if (count <= MOST_IMAGES) return vectors;
  const order = Int32Array.from({ length: count }, (_, i) => i);
  createRandom(seed).shuffleInPlace(order);
  const sample = new Float32Array(MOST_IMAGES * d);
  order.subarray(0, MOST_IMAGES).forEach((row, i) => {
    sample.set(vectors.subarray(row * d, (row + 1) * d), i * d);
  });
  return sample;
};

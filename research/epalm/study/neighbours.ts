import { fitProjection, projectLayerVectors } from "../../../src/features/epalm/index.ts";
import type { EpalmImage } from "./images.ts";

/** Of each layer that images are compared by. */
const WIDTH = 128;
const SEED = 1;

/** The places of the training images that are nearest to image `image`, nearest first, of those that `allowed` allows. */
export type Neighbours = (
  image: number,
  count: number,
  allowed: (other: EpalmImage, place: number) => boolean,
) => number[];

/**
 * Compares images by the cosine of their whitened features: standardised and projected on principal axes that are fitted
 * on the training images.
 *
 * @param features of each layer `[images, dimension]`
 */
export const findNeighbours = async (
  images: readonly EpalmImage[],
  features: readonly Float32Array[],
): Promise<Neighbours> => {
  const training = images.flatMap(({ split }, place) => (split === "train" ? [place] : []));
  const fitted = await fitProjection(
    features.map((rows) => {
      const dimension = rows.length / images.length;
      const chosen = new Float32Array(training.length * dimension);
      training.forEach((place, at) =>
        chosen.set(rows.subarray(place * dimension, (place + 1) * dimension), at * dimension),
      );
      return chosen;
    }),
    training.length,
    WIDTH,
    SEED,
  );
  const parts = features.map((rows, layer) => projectLayerVectors(fitted, layer, rows));
  const width = parts.reduce((sum, part) => sum + part.length / images.length, 0);
  const vectors = new Float32Array(images.length * width);
  images.forEach((_, image) => {
    let at = image * width;
    for (const part of parts) {
      const own = part.length / images.length;
      vectors.set(part.subarray(image * own, (image + 1) * own), at);
      at += own;
    }
    normalise(vectors.subarray(image * width, (image + 1) * width));
  });
  const order = (image: number): number[] => {
    const own = vectors.subarray(image * width, (image + 1) * width);
    const scored = training.flatMap((place) => {
      if (place === image) return [];
      let sum = 0;
      for (let i = 0; i < width; i++) sum += (own[i] ?? 0) * (vectors[place * width + i] ?? 0);
      return [{ place, sum }];
    });
    return scored.sort((a, b) => b.sum - a.sum || a.place - b.place).map(({ place }) => place);
  };
  const known = new Map<number, number[]>();
  return (image, count, allowed) => {
    const sorted = known.get(image) ?? order(image);
    known.set(image, sorted);
    const found: number[] = [];
    for (const place of sorted) {
      if (found.length === count) break;
      const other = images[place];
      if (other !== undefined && allowed(other, place)) found.push(place);
    }
    return found;
  };
};

const normalise = (vector: Float32Array): void => {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const factor = squares === 0 ? 0 : 1 / Math.sqrt(squares);
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] ?? 0) * factor;
};

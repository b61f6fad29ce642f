import fc from "fast-check";
import { createRepresentationCache, type AsifSettings } from "../../src/asif/index.ts";
import { openAnchorSpace, type AnchorSpace, type AnchorView } from "../../src/retrieval/index.ts";
import type { AnchorId, Sequence } from "../../src/types.ts";
import type { NaiveAnchor } from "./naive-asif.ts";
import { normals, seededRandom } from "./random.ts";

export const IMAGE_DIMENSION = 6;
export const TEXT_DIMENSION = 5;

export const idOf = (id: string): AnchorId => id as AnchorId;

export const upsertsOf = (anchors: readonly NaiveAnchor[]) =>
  anchors.map(({ id, image, text }) => ({
    id: idOf(id),
    caption: `caption of ${id}`,
    metadata: {},
    imageVector: Float32Array.from(image),
    textVector: Float32Array.from(text),
  }));

/** A collection's memory with these anchors, written one after another. */
export const openWith = async (anchors: readonly NaiveAnchor[]): Promise<AnchorSpace> => {
  const space = await openAnchorSpace({
    imageDimension: anchors[0]?.image.length ?? IMAGE_DIMENSION,
    textDimension: anchors[0]?.text.length ?? TEXT_DIMENSION,
    transform: "none",
  });
  space.apply({ sequence: 1 as Sequence, upserts: upsertsOf(anchors), deletes: [] });
  return space;
};

export const viewOf = async (anchors: readonly NaiveAnchor[]): Promise<AnchorView> =>
  (await openWith(anchors)).view();

export const settings = (k: number, p: number, more: Partial<AsifSettings> = {}): AsifSettings => ({
  k,
  p,
  transform: "none",
  ...more,
});

export const freshCache = createRepresentationCache;

/** Vectors without structure, but for images and texts of neighbours to be related. */
export const randomAnchors = (
  count: number,
  seed: number,
  dimensions = { image: 12, text: 10 },
): NaiveAnchor[] => {
  const random = seededRandom(seed);
  const hidden = 4;
  const mixing = {
    image: normals(hidden * dimensions.image, random),
    text: normals(hidden * dimensions.text, random),
  };
  const side = (latent: Float32Array, name: "image" | "text"): number[] =>
    Array.from({ length: dimensions[name] }, (_, i) =>
      latent.reduce(
        (sum, value, j) => sum + value * (mixing[name][j * dimensions[name] + i] ?? 0),
        0.5 * (normals(1, random)[0] ?? 0),
      ),
    );
  return Array.from({ length: count }, (_, i) => {
    const latent = normals(hidden, random);
    return { id: `anchor-${i}`, image: side(latent, "image"), text: side(latent, "text") };
  });
};

/**
 * Unit vectors whose inner products are multiples of 1/4, exact in float32 and often equal: one part is 1 or -1, or
 * four are 1/2 or -1/2.
 */
export const exactUnit = (dimension: number): fc.Arbitrary<number[]> => {
  const sign = fc.constantFrom(-1, 1);
  const place = fc.nat(dimension - 1);
  const axis = fc
    .tuple(place, sign)
    .map(([at, value]) => Array.from({ length: dimension }, (_, i) => (i === at ? value : 0)));
  const four = fc
    .tuple(
      fc.uniqueArray(place, { minLength: 4, maxLength: 4 }),
      fc.array(sign, { minLength: 4, maxLength: 4 }),
    )
    .map(([places, signs]) =>
      Array.from({ length: dimension }, (_, i) => (signs[places.indexOf(i)] ?? 0) / 2),
    );
  return fc.oneof(axis, four);
};

export const exactImage = exactUnit(IMAGE_DIMENSION);
export const exactText = exactUnit(TEXT_DIMENSION);

/** Anchors whose similarities are exact, with ids in another order than their slots. */
export const exactAnchors = (maxLength: number): fc.Arbitrary<NaiveAnchor[]> =>
  fc.uniqueArray(
    fc.record({
      id: fc.string({ minLength: 1, maxLength: 3, unit: "grapheme" }),
      image: exactImage,
      text: exactText,
    }),
    { maxLength, selector: ({ id }) => id },
  );

export const anyNegatives = fc.constantFrom("cut" as const, "keep" as const);
export const anyK = fc.integer({ min: 1, max: 50 });
export const anyP = fc.oneof(fc.constantFrom(1, 2, 4, 8), fc.double({ min: 0.25, max: 12, noNaN: true }));

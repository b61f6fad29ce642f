import { openAnchorSpace, type AnchorSpace, type AnchorView } from "../../src/retrieval/index.ts";
import type { AnchorId, Metadata, Sequence } from "../../src/types.ts";
import { normals, seededRandom } from "./random.ts";

export interface TestAnchor {
  readonly id: string;
  readonly caption: string | null;
  readonly metadata: Metadata;
  readonly imageVector: Float32Array;
  readonly textVector: Float32Array;
}

const HIDDEN = 5;

/**
 * Concepts with a caption each and some images, both seen through linear maps of what they have in common, and noise:
 * what makes a concept can be told from others.
 */
export const conceptAnchors = (
  concepts: number,
  imagesEach: number,
  options: { readonly seed?: number; readonly noise?: number; readonly shift?: number } = {},
): TestAnchor[] => {
  const { seed = 1, noise = 0.15, shift = 0 } = options;
  const random = seededRandom(seed);
  const dimensions = { image: 12, text: 9 };
  const mixing = {
    image: normals(HIDDEN * dimensions.image, random),
    text: normals(HIDDEN * dimensions.text, random),
  };
  const show = (latent: Float32Array, side: "image" | "text"): Float32Array =>
    Float32Array.from({ length: dimensions[side] }, (_, i) => {
      const seen = latent.reduce(
        (sum, value, j) => sum + value * (mixing[side][j * dimensions[side] + i] ?? 0),
        0,
      );
      return seen + shift + noise * (normals(1, random)[0] ?? 0);
    });
  return Array.from({ length: concepts }, (_, concept) => {
    const latent = normals(HIDDEN, random);
    const textVector = show(latent, "text");
    return Array.from({ length: imagesEach }, (_, i) => ({
      id: `c${concept}-${i}`,
      caption: `concept ${concept}`,
      metadata: { kind: concept },
      imageVector: show(latent, "image"),
      textVector,
    }));
  }).flat();
};

export const spaceOf = async (anchors: readonly TestAnchor[]): Promise<AnchorSpace> => {
  const space = await openAnchorSpace({ imageDimension: 12, textDimension: 9, transform: "none" });
  space.apply({
    sequence: 1 as Sequence,
    upserts: anchors.map((anchor) => ({ ...anchor, id: anchor.id as AnchorId })),
    deletes: [],
  });
  return space;
};

export const viewOf = async (anchors: readonly TestAnchor[]): Promise<AnchorView> =>
  (await spaceOf(anchors)).view();

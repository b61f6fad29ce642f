import { createRandom } from "../../src/math/random.ts";
import { openAnchorSpace, type AnchorView } from "../../src/retrieval/index.ts";
import type { AnchorId, Sequence } from "../../src/types.ts";

/** Made-up images and texts for benchmarks, and what their tables are made with. */

export const TEXT_DIMENSION = 512;
const LATENT = 48;

export interface Data {
  readonly images: Float32Array;
  readonly texts: Float32Array;
  readonly queries: Float32Array;
  readonly prompts: Float32Array;
}

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Images and texts that share few hidden causes, with noise: neighbours are neighbours in both. */
export const makeData = (
  anchors: number,
  classes: number,
  queries: number,
  imageDimension: number,
  { seed = 1, noise = 2 }: { readonly seed?: number; readonly noise?: number } = {},
): Data => {
  const generator = createRandom(seed);
  const random = (): number => generator.next();
  const gaussian = (count: number): Float32Array =>
    Float32Array.from({ length: count }, () => normal(random));
  const mixing = { image: gaussian(LATENT * imageDimension), text: gaussian(LATENT * TEXT_DIMENSION) };
  const mix = (latents: Float32Array, by: Float32Array, dimension: number): Float32Array => {
    const rows = new Float32Array((latents.length / LATENT) * dimension);
    for (let row = 0; row < latents.length / LATENT; row++) {
      for (let j = 0; j < LATENT; j++) {
        const latent = latents[row * LATENT + j] ?? 0;
        for (let i = 0; i < dimension; i++) {
          rows[row * dimension + i] =
            (rows[row * dimension + i] ?? 0) + latent * (by[j * dimension + i] ?? 0);
        }
      }
    }
    return rows.map((value) => value + noise * normal(random));
  };
  const causes = gaussian(anchors * LATENT);
  return {
    images: mix(causes, mixing.image, imageDimension),
    texts: mix(causes, mixing.text, TEXT_DIMENSION),
    queries: mix(gaussian(queries * LATENT), mixing.image, imageDimension),
    prompts: mix(gaussian(classes * LATENT), mixing.text, TEXT_DIMENSION),
  };
};

export const openView = async ({ images, texts }: Data, imageDimension: number): Promise<AnchorView> => {
  const space = await openAnchorSpace({ imageDimension, textDimension: TEXT_DIMENSION, transform: "none" });
  const upserts = Array.from({ length: images.length / imageDimension }, (_, i) => ({
    id: `anchor-${String(i).padStart(9, "0")}` as AnchorId,
    caption: null,
    metadata: {},
    imageVector: images.subarray(i * imageDimension, (i + 1) * imageDimension),
    textVector: texts.subarray(i * TEXT_DIMENSION, (i + 1) * TEXT_DIMENSION),
  }));
  space.apply({ sequence: 1 as Sequence, upserts, deletes: [] });
  return space.view();
};

export const rounded = (ms: number): number => Number(ms.toFixed(2));

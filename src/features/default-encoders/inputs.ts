import type { ImagePreprocessing, TextManifest } from "../../encoders/manifest.ts";

/** Preprocessing of the `nsfwjs` networks: the whole image, padded with white, with values from 0 to 1. */
const pictureOf = (side: number): ImagePreprocessing => ({
  width: side,
  height: side,
  resize: "contain",
  interpolation: "bilinear",
  background: "#ffffff",
  rescale: 1 / 255,
  mean: [0, 0, 0],
  std: [1, 1, 1],
  layout: "nchw",
  channels: "rgb",
});

export const INCEPTION_INPUT: ImagePreprocessing = pictureOf(299);
export const MOBILENET_INPUT: ImagePreprocessing = pictureOf(224);

export const USE_LITE_INPUT: TextManifest["text"] = { tokenizer: "use-lite", maxLength: 128, pad: 0 };

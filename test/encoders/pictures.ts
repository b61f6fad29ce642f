import sharp from "sharp";
import type { ImagePreprocessing } from "../../src/encoders/manifest.ts";
import { seededRandom } from "../support/random.ts";

/** Bytes by row, column and channel. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A smooth picture with noise on it, in which every pixel is another. */
export const makePicture = (width: number, height: number, seed = 1): Picture => {
  const random = seededRandom(seed);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++)
        data[(y * width + x) * 3 + c] =
          127 + 100 * Math.sin(x / 9 + c) * Math.cos(y / 7) + (random() - 0.5) * 50;
  return { width, height, data };
};

/** As a PNG, which keeps every byte. */
export const pngOf = ({ width, height, data }: Picture): Promise<Buffer> =>
  sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();

export const plain = (width: number, height: number, colour: string): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: colour } })
    .png()
    .toBuffer();

export const svg = (inside: string, attributes = 'width="16" height="16"'): Buffer =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${attributes}>${inside}</svg>`,
  );

/** Preprocessing that leaves bytes as they are, by row, column and channel, but for what is given. */
export const preprocessing = (given: Partial<ImagePreprocessing> = {}): ImagePreprocessing => ({
  width: 8,
  height: 8,
  resize: "stretch",
  interpolation: "nearest",
  background: "#ffffff",
  rescale: 1,
  mean: [0, 0, 0],
  std: [1, 1, 1],
  layout: "nhwc",
  channels: "rgb",
  ...given,
});

/** Resampling as PIL does it: separable, the filter widened by the scale where it shrinks, rounded after each pass. */
export const resampled = (picture: Picture, width: number, height: number, filter: Filter): Picture => {
  const rows = transposed(resampledRows(picture, width, filter));
  return transposed(resampledRows(rows, height, filter));
};

export interface Filter {
  readonly radius: number;
  readonly weight: (distance: number) => number;
}

export const BILINEAR: Filter = { radius: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) };

/** Keys' cubic with a = -0.5. */
export const BICUBIC: Filter = {
  radius: 2,
  weight: (distance) => {
    const x = Math.abs(distance);
    if (x >= 2) return 0;
    return x < 1 ? 1.5 * x ** 3 - 2.5 * x ** 2 + 1 : -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2;
  },
};

const resampledRows = ({ width, height, data }: Picture, to: number, filter: Filter): Picture => {
  const scale = width / to;
  const widened = Math.max(1, scale);
  const result = new Uint8ClampedArray(to * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < to; x++)
      for (let c = 0; c < 3; c++) {
        const centre = (x + 0.5) * scale;
        let weights = 0;
        let sum = 0;
        for (let from = 0; from < width; from++) {
          const weight = filter.weight((from + 0.5 - centre) / widened);
          weights += weight;
          sum += weight * (data[(y * width + from) * 3 + c] ?? 0);
        }
        result[(y * to + x) * 3 + c] = sum / weights;
      }
  return { width: to, height, data: new Uint8Array(result.buffer) };
};

const transposed = ({ width, height, data }: Picture): Picture => {
  const result = new Uint8Array(data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) result[(x * height + y) * 3 + c] = data[(y * width + x) * 3 + c] ?? 0;
  return { width: height, height: width, data: result };
};

/** The part of a picture from `left`, `top` on. */
export const cut = (
  { width, data }: Picture,
  left: number,
  top: number,
  part: { readonly width: number; readonly height: number },
): number[] => {
  const bytes: number[] = [];
  for (let y = top; y < top + part.height; y++)
    bytes.push(...data.subarray((y * width + left) * 3, (y * width + left + part.width) * 3));
  return bytes;
};

/** The pixel at a column and a row, of bytes laid out by row, column and channel. */
export const pixel = (tensor: Float32Array, x: number, y: number, width = 8): number[] =>
  Array.from(tensor.subarray((y * width + x) * 3, (y * width + x) * 3 + 3));

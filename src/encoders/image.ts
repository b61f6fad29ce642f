import type { ImageKeeping } from "../api/collections.ts";
import { decodeInPool, DEFAULT_MAX_PIXELS } from "./decoding/index.ts";
import type { ImagePreprocessing } from "./manifest.ts";

/**
 * Decodes an image file and preprocesses it for an encoder. EXIF orientation is applied, animations are reduced to their
 * first frame, and transparent images are composited onto the background colour. The file is decoded in another process,
 * within limits of time and memory.
 *
 * Downscaling matches PIL's resampling within a few of the 256 levels. Upscaling matches too, except that libvips shifts
 * the result half a pixel to the lower right, and that `lanczos` falls back to `bicubic`.
 *
 * @param bytes PNG, JPEG, WebP, GIF, AVIF, TIFF or SVG
 * @param maxPixels larger images are rejected before they are decoded
 * @returns `[3, height, width]` or `[height, width, 3]` row-major, depending on the layout
 * @throws AnchorageError `invalid-input` (with an empty path) if the bytes are not an image, truncated or too large, if
 * they are a drawing that refers to something outside of it, or if decoding exceeds the limits
 * @throws AnchorageError `unavailable` while too many images wait
 */
export const preprocessImage = async (
  bytes: Uint8Array,
  spec: ImagePreprocessing,
  maxPixels = DEFAULT_MAX_PIXELS,
): Promise<Float32Array> => toTensor(await decodeInPool({ kind: "pixels", spec, maxPixels }, bytes), spec);

/**
 * Creates a WebP thumbnail of at most 160 pixels per side.
 *
 * @throws AnchorageError as {@link preprocessImage}
 * @example
 * ```ts
 * const { mediaType, bytes } = await makeThumbnail(await readFile("cat.jpg")); // mediaType: "image/webp"
 * ```
 */
export const makeThumbnail = async (
  bytes: Uint8Array,
  maxPixels = DEFAULT_MAX_PIXELS,
): Promise<{ mediaType: string; bytes: Uint8Array }> => ({
  mediaType: "image/webp",
  bytes: await decodeInPool({ kind: "thumbnail", maxPixels }, bytes),
});

/**
 * Makes what is kept of an image beside its thumbnail: the very file where it is small enough and of the format, else a
 * smaller one. A drawing is kept as it is.
 *
 * @param keeping the longest side in pixels, and the format; `as-sent` makes a larger image WebP
 * @throws AnchorageError as {@link preprocessImage}
 */
export const makeOriginal = async (
  bytes: Uint8Array,
  { longestSide, format }: Pick<ImageKeeping, "longestSide" | "format">,
  maxPixels = DEFAULT_MAX_PIXELS,
): Promise<{ mediaType: string; bytes: Uint8Array }> => {
  const answer = await decodeInPool({ kind: "original", maxPixels, longestSide, format }, bytes);
  const end = answer.indexOf(0);
  const mediaType = Buffer.from(answer.subarray(0, end)).toString("latin1");
  const made = answer.subarray(end + 1);
  return { mediaType, bytes: made.length === 0 ? bytes : made };
};

/**
 * A perceptual hash of 64 bits (dHash), so that copies in another size or format differ in few bits and other photographs
 * in about 32.
 *
 * @param bytes an image file that can be decoded, such as a stored thumbnail
 * @returns null for a picture without detail, such as one of a single colour, which would match any other of its kind
 */
export const hashOfPicture = async (bytes: Uint8Array): Promise<bigint | null> => {
  const hash = await decodeInPool({ kind: "hash" }, bytes);
  return hash.length === 0 ? null : new DataView(hash.buffer, hash.byteOffset).getBigUint64(0);
};

/**
 * Reads the IPTC, XMP and EXIF fields by which an image, or an `.xmp` file beside it, describes itself.
 *
 * @returns an object of blocks such as `iptc` and `gps`; null if there are none
 * @throws AnchorageError `invalid-input` if the file is damaged
 */
export const readImageFields = async (bytes: Uint8Array, kind: "image" | "sidecar"): Promise<unknown> =>
  JSON.parse(
    Buffer.from(await decodeInPool({ kind: "fields", sidecar: kind === "sidecar" }, bytes)).toString(),
  );

/** Converts `[height, width, 3]` bytes to normalised floats in the layout of the encoder. */
const toTensor = (data: Uint8Array, spec: ImagePreprocessing): Float32Array => {
  const plane = spec.width * spec.height;
  const tensor = new Float32Array(3 * plane);
  const planar = spec.layout === "nchw";
  for (let channel = 0; channel < 3; channel++) {
    const source = spec.channels === "rgb" ? channel : 2 - channel;
    const scale = spec.rescale / (spec.std[source] ?? 1);
    const shift = -(spec.mean[source] ?? 0) / (spec.std[source] ?? 1);
    for (let y = 0; y < spec.height; y++) {
      let from = y * spec.width * 3 + source;
      let to = planar ? channel * plane + y * spec.width : y * spec.width * 3 + channel;
      const step = planar ? 1 : 3;
      for (let x = 0; x < spec.width; x++, from += 3, to += step)
        tensor[to] = (data[from] ?? 0) * scale + shift;
    }
  }
  return tensor;
};

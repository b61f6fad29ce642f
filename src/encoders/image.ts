import sharp, { type Metadata, type Sharp } from "sharp";
import { AnchorageError, isAnchorageError, messageOf } from "../errors.ts";
import { unreadable } from "./image-fault.ts";
import { READ_FORMATS, unreadFormat } from "./image-formats.ts";
import { checkSize, DEFAULT_MAX_PIXELS, withDecodedBytes } from "./image-limits.ts";
import type { ImagePreprocessing } from "./manifest.ts";
import { outsideReference } from "./svg-references.ts";

/** Of an image that is scaled before it is cropped. */
const MAX_SCALED_PIXELS = 50_000_000;
const SVG_DPI = 72;
const MAX_SVG_DPI = 7_200;
const THUMBNAIL_SIDE = 160;

const KERNELS = { nearest: "nearest", bilinear: "linear", bicubic: "cubic", lanczos: "lanczos3" } as const;

/**
 * Decodes an image file and preprocesses it for an encoder. EXIF orientation is applied, animations are reduced to their
 * first frame, and transparent images are composited onto the background colour.
 *
 * Downscaling matches PIL's resampling within a few of the 256 levels. Upscaling matches too, except that libvips shifts
 * the result half a pixel to the lower right, and that `lanczos` falls back to `bicubic`.
 *
 * @param bytes PNG, JPEG, WebP, GIF, AVIF, TIFF or SVG
 * @param maxPixels larger images are rejected before they are decoded
 * @returns `[3, height, width]` or `[height, width, 3]` row-major, depending on the layout
 * @throws AnchorageError `invalid-input` (with an empty path) if the bytes are not an image, truncated or too large, or if
 * they are a drawing that refers to something outside of it
 */
export const preprocessImage = async (
  bytes: Uint8Array,
  spec: ImagePreprocessing,
  maxPixels = DEFAULT_MAX_PIXELS,
): Promise<Float32Array> => toTensor(await decode(bytes, spec, maxPixels), spec);

/**
 * Creates a WebP thumbnail of at most 160 pixels per side.
 *
 * @throws AnchorageError `invalid-input` as {@link preprocessImage}
 * @example
 * ```ts
 * const { mediaType, bytes } = await makeThumbnail(await readFile("cat.jpg")); // mediaType: "image/webp"
 * ```
 */
export const makeThumbnail = (
  bytes: Uint8Array,
  maxPixels = DEFAULT_MAX_PIXELS,
): Promise<{ mediaType: string; bytes: Uint8Array }> =>
  withImage(bytes, THUMBNAIL_SIDE, maxPixels, async (image, vector) => {
    const webp = await image
      .autoOrient()
      .resize(THUMBNAIL_SIDE, THUMBNAIL_SIDE, { fit: "inside", withoutEnlargement: !vector })
      .webp({ quality: 80, effort: 1 })
      .toBuffer();
    return { mediaType: "image/webp", bytes: webp };
  });

const decode = (bytes: Uint8Array, spec: ImagePreprocessing, maxPixels: number) =>
  withImage(bytes, Math.max(...targetOf(spec)), maxPixels, async (image) => {
    const { data, info } = await (
      await resized(image.autoOrient(), spec)
    )
      .flatten({ background: spec.background })
      .toColourspace("srgb")
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`an image of ${info.channels} channels cannot be read`);
    return data;
  });

/** The size before cropping; for `shortest-edge` the minimum width and height. */
const targetOf = (spec: ImagePreprocessing): readonly [width: number, height: number] => {
  const { width, height, resize, stretchTo } = spec;
  if (resize !== "shortest-edge") return [stretchTo?.width ?? width, stretchTo?.height ?? height];
  const edge = spec.shortestEdge ?? Math.max(width, height);
  return [edge, edge];
};

const resized = async (image: Sharp, spec: ImagePreprocessing): Promise<Sharp> => {
  const kernel = KERNELS[spec.interpolation];
  const { width, height, background } = spec;
  const [targetWidth, targetHeight] = targetOf(spec);
  if (spec.resize === "contain") return image.resize(width, height, { fit: "contain", kernel, background });
  if (spec.resize === "stretch")
    return cropped(image.resize(targetWidth, targetHeight, { fit: "fill", kernel }), spec, [
      targetWidth,
      targetHeight,
    ]);
  const { autoOrient: from } = await image.metadata();
  const size = sizeToCover(from, targetWidth, targetHeight);
  if (size[0] * size[1] > MAX_SCALED_PIXELS)
    throw unreadable(`is too long and thin: ${from.width} x ${from.height} pixels`);
  return cropped(image.resize(...size, { fit: "fill", kernel }), spec, size);
};

/** Multiplies before it divides and rounds down, as PIL and torchvision do. */
const sizeToCover = (
  from: { readonly width: number; readonly height: number },
  width: number,
  height: number,
): readonly [width: number, height: number] => {
  const scaledHeight = Math.floor((from.height * width) / from.width);
  if (scaledHeight >= height) return [width, scaledHeight];
  return [Math.max(width, Math.floor((from.width * height) / from.height)), height];
};

/** Crops the centre; offsets are rounded down as in torchvision. */
const cropped = (
  image: Sharp,
  { width, height }: ImagePreprocessing,
  [fromWidth, fromHeight]: readonly [width: number, height: number],
): Sharp =>
  image.extract({
    left: Math.floor((fromWidth - width) / 2),
    top: Math.floor((fromHeight - height) / 2),
    width,
    height,
  });

/**
 * Checks an image by its header and decodes it by `work`. Reasons depend on the bytes alone: what libvips says of a
 * failure is not among them, because its messages are shared by all images that are being decoded.
 *
 * @param side at least as large as the image is needed, for drawings
 */
const withImage = async <T>(
  bytes: Uint8Array,
  side: number,
  maxPixels: number,
  work: (image: Sharp, vector: boolean) => Promise<T>,
): Promise<T> => {
  const unread = unreadFormat(bytes);
  if (unread !== null) throw notRead(unread);
  if (WEB_PAGE.test(Buffer.from(bytes.subarray(0, 64)).toString("latin1"))) throw noImage();
  const options = { limitInputPixels: false, failOn: "truncated", pages: 1 } as const;
  const metadata = await decoding(() => sharp(bytes, options).metadata());
  if (metadata.format === "heif" && metadata.compression !== "av1") throw notRead("HEIC");
  checkSize(metadata, maxPixels);
  const vector = metadata.format === "svg";
  if (!vector) return withDecodedBytes(metadata, () => decoding(() => work(sharp(bytes, options), false)));
  const outside = await decoding(() => Promise.resolve(outsideReference(bytes)));
  if (outside !== null) throw unreadable(`refers to something outside of it (${outside})`);
  return decoding(() => work(sharp(bytes, { ...options, density: svgDensity(metadata, side) }), true));
};

/** The resolution at which an SVG renders at the needed size, so that it is never upscaled. */
const svgDensity = ({ width, height }: Metadata, side: number): number => {
  const smaller = Math.max(1, Math.min(width, height));
  const larger = Math.max(1, width, height);
  const wanted = (SVG_DPI * side) / smaller;
  // Keep extreme aspect ratios within the pixel limit.
  const bound = (SVG_DPI * Math.sqrt(MAX_SCALED_PIXELS)) / larger;
  return Math.min(MAX_SVG_DPI, Math.max(1, Math.min(wanted, bound)));
};

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

const decoding = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw explained(error);
  }
};

const WEB_PAGE = /^\s*<(?:!doctype\s+html|html)\b/i;
/** `sharp`'s own messages; any other comes from libvips. */
const NO_IMAGE = /^Input buffer contains unsupported image format|^Input Buffer is empty/i;

const explained = (error: unknown): AnchorageError => {
  if (isAnchorageError(error)) return error;
  if (NO_IMAGE.test(messageOf(error))) return noImage();
  return unreadable("cannot be decoded; it is truncated or damaged");
};

const noImage = (): AnchorageError => unreadable(`is not an image that can be read (${READ_FORMATS})`);

const notRead = (format: string): AnchorageError => {
  const message = `${format} is not read here; send ${READ_FORMATS}`;
  return new AnchorageError("invalid-input", `${message}.`, { faults: [{ path: [], message }] });
};

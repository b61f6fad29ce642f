import sharp, { type Metadata, type Sharp } from "sharp";
import { AnchorageError, isAnchorageError, messageOf } from "../errors.ts";
import type { ImagePreprocessing } from "./manifest.ts";

/** More than any consumer camera has. A file that declares more pixels is rejected before decoding. */
export const MAX_PIXELS = 50_000_000;
/** JPEG's limit. It also rejects PNGs of one column, which take seconds to decode row by row. */
const MAX_SIDE = 65_535;
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
 * @returns `[3, height, width]` or `[height, width, 3]` row-major, depending on the layout
 * @throws AnchorageError `invalid-input` (with an empty path) if the bytes are not an image, truncated or too large
 */
export const preprocessImage = async (bytes: Uint8Array, spec: ImagePreprocessing): Promise<Float32Array> => {
  return toTensor(await decode(bytes, spec), spec);
};

/**
 * Creates a WebP thumbnail of at most 160 pixels per side.
 *
 * @throws AnchorageError `invalid-input` as {@link preprocessImage}
 * @example
 * ```ts
 * const { mediaType, bytes } = await makeThumbnail(await readFile("cat.jpg")); // mediaType: "image/webp"
 * ```
 */
export const makeThumbnail = async (bytes: Uint8Array): Promise<{ mediaType: string; bytes: Uint8Array }> =>
  decoding(async () => {
    const { image, vector } = await open(bytes, THUMBNAIL_SIDE);
    const webp = await image
      .autoOrient()
      .resize(THUMBNAIL_SIDE, THUMBNAIL_SIDE, { fit: "inside", withoutEnlargement: !vector })
      .webp({ quality: 80, effort: 1 })
      .toBuffer();
    return { mediaType: "image/webp", bytes: webp };
  });

const decode = (bytes: Uint8Array, spec: ImagePreprocessing) =>
  decoding(async () => {
    const { image } = await open(bytes, Math.max(...targetOf(spec)));
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
  if (size[0] * size[1] > MAX_PIXELS)
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

const open = async (bytes: Uint8Array, side: number): Promise<{ image: Sharp; vector: boolean }> => {
  const options = { limitInputPixels: MAX_PIXELS, failOn: "truncated", pages: 1 } as const;
  const metadata = await sharp(bytes, options).metadata();
  if (Math.max(metadata.width, metadata.height) > MAX_SIDE)
    throw unreadable(`is too large: at most ${MAX_SIDE} pixels a side are accepted`);
  if (metadata.format !== "svg") return { image: sharp(bytes, options), vector: false };
  return { image: sharp(bytes, { ...options, density: svgDensity(metadata, side) }), vector: true };
};

/** The resolution at which an SVG renders at the needed size, so that it is never upscaled. */
const svgDensity = ({ width, height }: Metadata, side: number): number => {
  const smaller = Math.max(1, Math.min(width, height));
  const larger = Math.max(1, width, height);
  const wanted = (SVG_DPI * side) / smaller;
  // Keep extreme aspect ratios within the pixel limit.
  const bound = (SVG_DPI * Math.sqrt(MAX_PIXELS)) / larger;
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

const explained = (error: unknown): AnchorageError => {
  if (isAnchorageError(error)) return error;
  const message = messageOf(error);
  if (/unsupported image format|Input buffer is empty|missing/i.test(message)) {
    return unreadable("is not an image that can be read (PNG, JPEG, WebP, GIF, AVIF, TIFF or SVG)");
  }
  if (/pixel limit|too large|dimensions/i.test(message)) {
    return unreadable(`is too large: at most ${MAX_PIXELS / 1e6} million pixels are accepted`);
  }
  const [first = message] = message.split("\n");
  return unreadable(`cannot be decoded; it may be truncated or damaged (${first})`);
};

/** The path is empty because only the caller knows the image's index. */
const unreadable = (message: string): AnchorageError =>
  new AnchorageError("invalid-input", `The image ${message}.`, { faults: [{ path: "", message }] });

import sharp, { type Metadata, type Sharp } from "sharp";
import { AnchorageError, isAnchorageError, messageOf } from "../../errors.ts";
import { tooMuchMemory, unreadable } from "./image-fault.ts";
import { READ_FORMATS, unreadFormat } from "./image-formats.ts";
import { checkSize, expectedBytes } from "./image-limits.ts";
import type { ImagePreprocessing } from "../manifest.ts";
import { readFields } from "./fields.ts";
import { inflated } from "./inflated.ts";
import { hashPicture } from "./picture-hash.ts";
import { resample, type Pixels } from "./resample.ts";
import { outsideReference } from "./svg-references.ts";
import type { DecodeJob, LaneLimits } from "./types.ts";

/** Of an image that is scaled before it is cropped. */
const MAX_SCALED_PIXELS = 50_000_000;
const SVG_DPI = 72;
const MAX_SVG_DPI = 7_200;
const THUMBNAIL_SIDE = 160;
/** More take a second or longer to decode in the slower formats. */
const QUICK_PIXELS = 24_000_000;
/** A decoder process that has decoded nothing yet. */
const PROCESS_BYTES = 110_000_000;

/** A manifest has `box` and `hamming` with Pillow's resampling only. */
const KERNELS = {
  nearest: "nearest",
  box: "nearest",
  bilinear: "linear",
  hamming: "linear",
  bicubic: "cubic",
  lanczos: "lanczos3",
} as const;

/** The image needs the heavy lane; nothing of it was decoded. */
export class TooHeavy extends Error {}

/**
 * Does a job in a decoder process.
 *
 * @throws AnchorageError `invalid-input` (with an empty path) if the bytes are not an image, truncated or too large, or if
 * they are a drawing that refers to something outside of it
 * @throws TooHeavy in the quick lane, if the header says that the image needs more than its limits
 */
export const decode = (job: DecodeJob, bytes: Uint8Array, limits: LaneLimits): Promise<Uint8Array> => {
  switch (job.kind) {
    case "pixels":
      return decodePixels(bytes, job.spec, { ...limits, maxPixels: job.maxPixels });
    case "thumbnail":
      return makeThumbnail(bytes, { ...limits, maxPixels: job.maxPixels });
    case "original":
      return makeOriginal(bytes, job, { ...limits, maxPixels: job.maxPixels });
    case "hash":
      return hashPicture(bytes);
    case "fields":
      return readFields(bytes, job.sidecar);
  }
};

interface Bounds extends LaneLimits {
  readonly maxPixels: number;
}

const makeThumbnail = (bytes: Uint8Array, bounds: Bounds): Promise<Uint8Array> =>
  withImage(bytes, THUMBNAIL_SIDE, bounds, (image, vector) =>
    image
      .autoOrient()
      .resize(THUMBNAIL_SIDE, THUMBNAIL_SIDE, { fit: "inside", withoutEnlargement: !vector })
      .webp({ quality: 80, effort: 1 })
      .toBuffer(),
  );

const ORIGINAL_QUALITY = 90;

/** A drawing is kept as it is, since it has no size in pixels. */
const makeOriginal = (
  file: Uint8Array,
  { longestSide, format }: Extract<DecodeJob, { kind: "original" }>,
  bounds: Bounds,
): Promise<Uint8Array> =>
  withImage(file, longestSide, bounds, async (image, vector) => {
    if (vector) return described("image/svg+xml", inflated(file) === file ? null : inflated(file));
    const { format: sent, autoOrient: size } = await image.metadata();
    const mediaType = sent === "heif" ? "image/avif" : `image/${sent}`;
    const isSmall = Math.max(size.width, size.height) <= longestSide;
    if (isSmall && (format === "as-sent" || format === sent)) return described(mediaType, null);
    const smaller = image
      .autoOrient()
      .resize(longestSide, longestSide, { fit: "inside", withoutEnlargement: true });
    return format === "jpeg"
      ? described(
          "image/jpeg",
          await smaller.flatten({ background: "#fff" }).jpeg({ quality: ORIGINAL_QUALITY }).toBuffer(),
        )
      : described("image/webp", await smaller.webp({ quality: ORIGINAL_QUALITY, effort: 1 }).toBuffer());
  });

const described = (mediaType: string, file: Uint8Array | null): Uint8Array =>
  Buffer.concat([Buffer.from(`${mediaType}\0`), file ?? new Uint8Array(0)]);

const decodePixels = (bytes: Uint8Array, spec: ImagePreprocessing, bounds: Bounds): Promise<Uint8Array> =>
  withImage(bytes, Math.max(...targetOf(spec)), bounds, async (image) => {
    if (spec.resampler === "pillow" && spec.resize !== "contain") return pillowPixels(image, spec);
    const { data, info } = await rawOf(await resized(image.autoOrient(), spec), spec);
    if (info.channels !== 3) throw new Error(`an image of ${info.channels} channels cannot be read`);
    return data;
  });

const rawOf = (image: Sharp, { background }: ImagePreprocessing) =>
  image.flatten({ background }).toColourspace("srgb").raw().toBuffer({ resolveWithObject: true });

/** More pixels are reduced by libvips first, which needs no memory for all of them. */
const MAX_EXACT_PIXELS = 16_000_000;

const pillowPixels = async (image: Sharp, spec: ImagePreprocessing): Promise<Uint8Array> => {
  const { autoOrient: whole } = await image.metadata();
  const excess = Math.sqrt((whole.width * whole.height) / MAX_EXACT_PIXELS);
  const upright = image.autoOrient();
  const { data, info } = await rawOf(
    excess > 1 ? upright.resize(Math.max(1, Math.round(whole.width / excess))) : upright,
    spec,
  );
  if (info.channels !== 3) throw new Error(`an image of ${info.channels} channels cannot be read`);
  const target = targetOf(spec);
  const [width, height] = spec.resize === "stretch" ? target : sizeToCover(whole, ...target);
  if (width * height > MAX_SCALED_PIXELS)
    throw unreadable(`is too long and thin: ${whole.width} x ${whole.height} pixels`);
  const scaled = resample(
    { width: info.width, height: info.height, data },
    width,
    height,
    spec.interpolation,
  );
  return cropPixels(scaled, spec);
};

const cropPixels = ({ data, width, height }: Pixels, spec: ImagePreprocessing): Uint8Array => {
  const { left, top } = cropOf(spec, [width, height]);
  if (spec.width === width && spec.height === height) return data;
  const cropped = new Uint8Array(spec.width * spec.height * 3);
  for (let y = 0; y < spec.height; y++) {
    const start = ((top + y) * width + left) * 3;
    cropped.set(data.subarray(start, start + spec.width * 3), y * spec.width * 3);
  }
  return cropped;
};

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

const cropped = (
  image: Sharp,
  spec: ImagePreprocessing,
  from: readonly [width: number, height: number],
): Sharp => image.extract({ ...cropOf(spec, from), width: spec.width, height: spec.height });

/** The upper left corner of a centre crop. */
const cropOf = (
  { width, height, cropRounding }: ImagePreprocessing,
  [fromWidth, fromHeight]: readonly [width: number, height: number],
): { readonly left: number; readonly top: number } => {
  const round = cropRounding === "even" ? halfToEven : Math.floor;
  return { left: round((fromWidth - width) / 2), top: round((fromHeight - height) / 2) };
};

/** Rounds a multiple of a half. */
const halfToEven = (value: number): number =>
  2 * Math.round(value / 2) === Math.ceil(value) ? Math.ceil(value) : Math.floor(value);

/**
 * Checks an image by its header and decodes it by `work`. Reasons depend on the bytes alone, so
 * libvips's own messages are not among them.
 *
 * @param side at least as large as the image is needed, for drawings
 */
const withImage = async <T>(
  file: Uint8Array,
  side: number,
  { maxPixels, ...limits }: Bounds,
  work: (image: Sharp, vector: boolean) => Promise<T>,
): Promise<T> => {
  const bytes = inflated(file);
  const unread = unreadFormat(bytes);
  if (unread !== null) throw notRead(unread);
  if (WEB_PAGE.test(Buffer.from(bytes.subarray(0, 64)).toString("latin1"))) throw noImage();
  const options = { limitInputPixels: false, failOn: "truncated", pages: 1 } as const;
  const metadata = await decoding(limits, () => sharp(bytes, options).metadata());
  if (metadata.format === "heif" && metadata.compression !== "av1") throw notRead("HEIC");
  checkSize(metadata, maxPixels);
  const vector = metadata.format === "svg";
  if (!vector) {
    checkLane(metadata, limits);
    return decoding(limits, () => work(sharp(bytes, options), false));
  }
  const outside = await decoding(limits, () => Promise.resolve(outsideReference(bytes)));
  if (outside !== null) throw unreadable(`refers to something outside of it (${outside})`);
  return decoding(limits, () =>
    work(sharp(bytes, { ...options, density: svgDensity(metadata, side) }), true),
  );
};

/** Sends an image that needs much memory or time to the heavy lane. AVIF, whose need is known, is refused by it. */
const checkLane = (metadata: Metadata, { lane, memory }: LaneLimits): void => {
  const expected = PROCESS_BYTES + expectedBytes(metadata);
  if (lane === "quick") {
    const pixels = metadata.width * metadata.height;
    if (expected > memory || pixels > QUICK_PIXELS) throw new TooHeavy();
  } else if (metadata.format === "heif" && expected > memory) throw tooMuchMemory(memory);
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

const decoding = async <T>({ lane, memory }: LaneLimits, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (!NO_MEMORY.test(messageOf(error))) throw explained(error);
    throw lane === "quick" ? new TooHeavy() : tooMuchMemory(memory);
  }
};

const WEB_PAGE = /^\s*<(?:!doctype\s+html|html)\b/i;
/** libvips says so where an allocation fails. */
const NO_MEMORY = /out of memory/i;
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

import { readFile, stat } from "node:fs/promises";
import { extname } from "node:path";
import { AnchorageError } from "../../errors.ts";
import { fileFault } from "./file-fault.ts";

const EXTENSIONS = new Set([
  "jpg",
  "jpeg",
  "jpe",
  "jfif",
  "png",
  "webp",
  "gif",
  "avif",
  "tif",
  "tiff",
  "svg",
]);

/** Extensions of images that are not decoded, by the name of their format. */
const UNREAD: Readonly<Record<string, readonly string[]>> = {
  HEIC: ["heic", "heif", "hif"],
  BMP: ["bmp", "dib"],
  "JPEG XL": ["jxl"],
  "JPEG 2000": ["jp2", "j2k", "jpx"],
  Photoshop: ["psd"],
  "camera raw": ["dng", "cr2", "cr3", "nef", "arw", "raf", "orf", "rw2"],
};
const UNREAD_NAMES = new Map(
  Object.entries(UNREAD).flatMap(([name, extensions]) =>
    extensions.map((extension) => [extension, name] as const),
  ),
);

/** Larger files are refused before they are read, so that one of them cannot fill the memory. */
export const MAX_IMAGE_BYTES = 64 * 1024 * 1024;

/** Whether an extension (without its dot, in any case) is one of an image that encoders read. */
export const isImageExtension = (extension: string): boolean => EXTENSIONS.has(extension.toLowerCase());

/**
 * Why an image of this extension (without its dot, in any case) is not read; null if it is read or is no image.
 *
 * @example
 * ```ts
 * unreadReason("HEIC"); // "HEIC is not read here; convert it to JPEG, PNG, WebP, GIF, AVIF, TIFF or SVG"
 * ```
 */
export const unreadReason = (extension: string): string | null => {
  const name = UNREAD_NAMES.get(extension.toLowerCase());
  return name === undefined
    ? null
    : `${name} is not read here; convert it to JPEG, PNG, WebP, GIF, AVIF, TIFF or SVG`;
};

/** A path without the extension of an image; one that ends otherwise stays. */
export const withoutExtension = (path: string): string => {
  const extension = extname(path);
  return isImageExtension(extension.slice(1)) ? path.slice(0, -extension.length) : path;
};

/** @throws AnchorageError where the file is not there, cannot be read, is empty or is larger than 64 MiB. */
export const readImageFile = async (path: string): Promise<Uint8Array> => {
  try {
    const { size } = await stat(path);
    if (size === 0) throw new AnchorageError("invalid-input", "the image file is empty");
    if (size > MAX_IMAGE_BYTES) throw tooLarge(size);
    return await readFile(path);
  } catch (error) {
    throw fileFault(error, path);
  }
};

export const tooLarge = (bytes: number): AnchorageError =>
  new AnchorageError(
    "too-large",
    `the image has ${bytes} bytes; at most ${MAX_IMAGE_BYTES} (64 MiB) are read`,
  );

import { readFile, stat } from "node:fs/promises";
import { extname } from "node:path";
import { AnchorageError } from "../errors.ts";
import { fileFault } from "./file-fault.ts";

const EXTENSIONS = new Set(["jpg", "jpeg", "png", "webp", "gif", "avif", "tif", "tiff", "svg"]);

/** Larger files are refused before they are read, so that one of them cannot fill the memory. */
export const MAX_IMAGE_BYTES = 64 * 1024 * 1024;

/** Whether an extension (without its dot, in any case) is one of an image that encoders read. */
export const isImageExtension = (extension: string): boolean => EXTENSIONS.has(extension.toLowerCase());

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

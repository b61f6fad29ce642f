import { isAbsolute, join, posix, relative, resolve, sep } from "node:path";
import { AnchorageError } from "../../errors.ts";
import { MAX_IMAGE_BYTES, readImageFile, tooLarge } from "../files/index.ts";
import { textOf } from "./cells.ts";
import { locateFile } from "./locate.ts";

/** The image that a cell holds or names. */
export interface RowImage {
  /** With slashes and the extension; null if there are only bytes. */
  readonly path: string | null;
  /** The path of the file; null if the bytes are in the cell. */
  readonly file: string | null;
  readonly load: () => Promise<Uint8Array>;
}

const DATA_URL = /^data:image\/[a-z0-9.+-]+(?:;[a-z0-9=-]+)*?(;base64)?,/i;
const BASE64 = /^[A-Za-z0-9+/_\s-]{40,}={0,2}\s*$/;
/** What the base64 of JPEG, PNG, GIF, WebP, TIFF, SVG and AVIF files starts with. */
const IMAGE_BASE64 = /^(?:\/9j\/|iVBORw0KGgo|R0lGOD|UklGR|SUkqA|TU0AK|PHN2Z|PD94bWw|AAAA..Z0eXBhdmlm)/;
const ADDRESS = /^[a-z][a-z0-9+.-]+:\/\//i;
const WINDOWS_ROOT = /^(?:[a-z]:[\\/]|\\\\)/i;

/**
 * Reads a cell: a path, an image as bytes, in base64 or as a `data:` URL, Hugging Face's `{bytes, path}`, or a list of
 * one of these.
 *
 * @param directory that paths start from, and that they do not leave; links within it are followed
 * @throws AnchorageError `invalid-input` if it is none of these, `too-large` for bytes above the limit
 */
export const imageInCell = (cell: unknown, directory: string): RowImage => {
  if (Array.isArray(cell)) {
    const [only, ...others] = cell as readonly unknown[];
    if (others.length === 0) return imageInCell(only, directory);
    throw new AnchorageError("invalid-input", `its image is a list of ${cell.length}, and one is expected`);
  }
  if (cell instanceof Uint8Array) return fromBytes(cell, null);
  if (typeof cell === "object" && cell !== null) return fromObject(cell, directory);
  const text = textOf(cell)?.trim();
  if (text === undefined) throw new AnchorageError("invalid-input", "names no image");
  return fromBase64(text, null) ?? fromPath(text, directory);
};

const fromObject = (cell: object, directory: string): RowImage => {
  const { bytes, base64, path } = cell as { bytes?: unknown; base64?: unknown; path?: unknown };
  const named = textOf(path);
  const name = named === undefined ? null : slashed(named);
  if (bytes instanceof Uint8Array) return fromBytes(bytes, name);
  const encoded = textOf(bytes ?? base64)?.trim();
  const decoded = encoded === undefined ? null : fromBase64(encoded, name);
  if (decoded !== null) return decoded;
  if (encoded !== undefined) throw new AnchorageError("invalid-input", "its image is not base64 of an image");
  if (named !== undefined) return fromPath(named, directory);
  throw new AnchorageError("invalid-input", "names no image");
};

const fromBase64 = (text: string, path: string | null): RowImage | null => {
  const [head, packed] = DATA_URL.exec(text) ?? [];
  if (head === undefined) return isImageBase64(text) ? fromBytes(Buffer.from(text, "base64"), path) : null;
  const data = text.slice(head.length);
  return fromBytes(packed === undefined ? unescaped(data) : Buffer.from(data, "base64"), path);
};

/** Base64 of some length, for a short text is rather a path. */
const isImageBase64 = (text: string): boolean => IMAGE_BASE64.test(text) && BASE64.test(text);

const unescaped = (data: string): Uint8Array => {
  try {
    return Buffer.from(decodeURIComponent(data));
  } catch {
    throw new AnchorageError("invalid-input", "its data: URL is not well-formed");
  }
};

const fromBytes = (bytes: Uint8Array, path: string | null): RowImage => {
  if (bytes.length > MAX_IMAGE_BYTES) throw tooLarge(bytes.length);
  if (bytes.length === 0) throw new AnchorageError("invalid-input", "the image has no bytes");
  return { path, file: null, load: () => Promise.resolve(bytes) };
};

const fromPath = (written: string, directory: string): RowImage => {
  if (ADDRESS.test(written)) {
    throw new AnchorageError("invalid-input", `"${written}" is an address, and nothing is fetched`);
  }
  if (written.includes("\0")) throw new AnchorageError("invalid-input", "the path holds a NUL");
  const path = slashed(written);
  const absolute = resolve(directory, path);
  const within = relative(resolve(directory), absolute);
  const leaves = within === "" || within === ".." || within.startsWith(`..${sep}`) || isAbsolute(within);
  if (leaves || WINDOWS_ROOT.test(written)) {
    throw new AnchorageError(
      "invalid-input",
      `"${written}" is not in ${directory}; --images names the folder that images are in`,
    );
  }
  const name = slashed(within);
  const file = join(directory, name);
  return { path: name, file, load: async () => readImageFile(await locateFile(directory, name)) };
};

/** Tables written on Windows have backslashes. */
const slashed = (path: string): string => posix.normalize(path.replaceAll("\\", "/"));

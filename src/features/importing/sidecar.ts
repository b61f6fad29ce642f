import { readFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { decodeText, fileFault, ignored } from "../files/index.ts";
import type { Metadata } from "../../types.ts";
import { captionsOf, metadataOf } from "./cells.ts";
import { readXmp } from "./embedded.ts";
import { isJsonObject, jsonFault, parseLenientJson } from "./json.ts";
import type { TableOptions } from "./table-options.ts";
import type { Entry } from "./types.ts";

/** Endings of files beside an image, in the order in which their captions are preferred. */
const ENDINGS = [".txt", ".caption", ".json", ".xmp"] as const;
/** Keys of a `.json` that hold the caption: img2dataset's, and that of a photo service's export. */
const CAPTION_KEYS = ["caption", "text", "description"];

/** A file that is not used, and why. */
export type IgnoredEntry = Extract<Entry, { readonly kind: "ignored" }>;

/** What the files beside an image say. */
export interface Sidecars {
  /** Null if none of them has a caption. */
  readonly caption: { readonly texts: readonly string[]; readonly label: string } | null;
  readonly metadata: Metadata;
  /** Files whose captions are not used, because those of another differ. */
  readonly unused: readonly IgnoredEntry[];
}

/**
 * Files beside an image that belong to it: `fox.txt` or `fox.jpg.txt` for `fox.jpg`, with `.caption`, `.json` and `.xmp`
 * likewise, whatever the case of the ending and the Unicode form of the name.
 *
 * @param image a path from the folder that is read
 * @param byForm the other files by {@link normalPath} their paths
 * @returns paths in the order in which their captions are preferred
 */
export const sidecarsOf = (image: string, byForm: ReadonlyMap<string, readonly string[]>): string[] => {
  const extension = extname(image);
  const stem = image.slice(0, -extension.length);
  return ENDINGS.flatMap((ending) =>
    [stem, image].flatMap((start) => {
      const found = byForm.get(normalPath(`${start}${ending}`)) ?? [];
      // Names that differ in case only belong to the image whose name they have.
      const same = found.filter((path) => path.startsWith(start));
      return same.length > 0 ? same : found;
    }),
  );
};

/** A path without the case and the Unicode form of its name. */
export const normalPath = (path: string): string =>
  join(dirname(path), basename(path).normalize("NFC").toLowerCase());

/** Reads the files that {@link sidecarsOf} gives. */
export const readSidecars = async (
  root: string,
  image: string,
  paths: readonly string[],
  options: TableOptions,
): Promise<Sidecars> => {
  let caption: Sidecars["caption"] = null;
  let metadata: Metadata = {};
  const unused: IgnoredEntry[] = [];
  for (const path of paths) {
    const read = await readOne(join(root, path), options);
    if (typeof read === "string") {
      unused.push(ignored(join(root, path), read));
      continue;
    }
    metadata = { ...read.metadata, ...metadata };
    if (read.texts === null) continue;
    if (caption === null) {
      caption = { texts: read.texts, label: labelOf(image, path) };
    } else if (read.texts.join("\n") !== caption.texts.join("\n")) {
      const entry = ignored(join(root, path), `another caption is taken, from ${caption.label}`);
      unused.push({ ...entry, captionKind: "sidecar" });
    }
  }
  return { caption, metadata, unused };
};

const labelOf = (image: string, path: string): string => {
  const ending = extname(path).toLowerCase();
  return basename(path).startsWith(basename(image)) ? `${extname(image)}${ending}` : ending;
};

interface Read {
  /** Null if it holds no caption. */
  readonly texts: readonly string[] | null;
  readonly metadata: Metadata;
}

/** What one file holds, or why it cannot be read. */
const readOne = async (path: string, options: TableOptions): Promise<Read | string> => {
  const ending = extname(path).toLowerCase();
  if (ending === ".xmp") {
    const { caption, metadata } = await readXmp(path);
    return { texts: caption === null ? null : [caption.text], metadata };
  }
  const bytes = await readFile(path).catch((error: unknown) => {
    throw fileFault(error, path);
  });
  const text = decodeText(bytes);
  return ending === ".json" ? readFields(text, options) : { texts: captionsOf(text), metadata: {} };
};

const readFields = (text: string, options: TableOptions): Read | string => {
  try {
    const fields = parseLenientJson(text);
    if (!isJsonObject(fields)) return "is not a JSON object";
    const keys = options.caption === undefined ? CAPTION_KEYS : [options.caption];
    const key = keys.find((name) => captionsOf(fields[name]).some((found) => found !== ""));
    const without = new Set(options.without);
    return {
      texts: key === undefined ? null : captionsOf(fields[key]),
      metadata: metadataOf(fields, { path: "", caption: key ?? "", id: null, without }),
    };
  } catch (error) {
    return jsonFault(error);
  }
};

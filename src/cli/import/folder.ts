import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { AnchorageError, isAnchorageError } from "../../errors.ts";
import { fileFault, readImageFile, reject, walk, withoutExtension } from "../../files/index.ts";
import { captionFromFolder, captionFromName, oneLine } from "./caption.ts";
import type { CaptionFrom, CaptionKind, Entry, Pair, PairSource } from "./types.ts";

const AUTO: readonly CaptionKind[] = ["sidecar", "name"];

/**
 * The images under a folder, at any depth, in order of their names. An id is the path from the folder without the
 * extension. A caption comes from the first source of `captionFrom` that an image has. Hidden files are passed over, links are followed, and a folder that several links lead to is read
 * once.
 */
export const openFolder = (root: string, captionFrom: CaptionFrom): PairSource => {
  let total = 0;
  let done = 0;

  const kinds = captionFrom === "auto" ? AUTO : captionFrom;

  const captionBy = async (kind: CaptionKind, path: string): Promise<Caption | null> => {
    switch (kind) {
      case "sidecar": {
        const text = await readSidecar(`${withoutExtension(join(root, path))}.txt`);
        return text === null ? null : { text, captionFrom: { kind, label: ".txt" } };
      }
      case "folder": {
        const folder = path.split("/").at(-2);
        if (folder === undefined) return null;
        return { text: captionFromFolder(folder), captionFrom: { kind, label: "folder names" } };
      }
      case "name": {
        const text = captionFromName(basename(path));
        return text === "" ? null : { text, captionFrom: { kind, label: "file names" } };
      }
      case "table":
      case "embedded":
        return null;
    }
  };

  const captionOf = async (path: string): Promise<Caption> => {
    for (const kind of kinds) {
      const caption = await captionBy(kind, path);
      if (caption !== null) return caption;
    }
    throw new AnchorageError("invalid-input", missing(kinds, path));
  };

  const entryOf = async (path: string): Promise<Entry> => {
    const source = join(root, path);
    const id = withoutExtension(path);
    try {
      const caption = await captionOf(path);
      const where = { id, name: path, container: root, source };
      return { kind: "pair", ...where, ...caption, metadata: {}, image: () => readImageFile(source) };
    } catch (error) {
      if (!isAnchorageError(error)) throw error;
      return reject(source, error.message, id);
    }
  };

  return {
    unit: "file",
    entries: async function* () {
      done = 0;
      const found = [];
      for await (const item of walk(root, "", new Set())) found.push(item);
      total = found.length;
      for (const item of found) {
        done++;
        yield item.kind === "reject" ? item : await entryOf(item.path);
      }
    },
    fraction: () => (total === 0 ? 0 : done / total),
  };
};

type Caption = Pick<Pair, "text" | "captionFrom">;

/** Why an image has no caption by `kinds`, and what helps. */
const missing = (kinds: readonly CaptionKind[], path: string): string => {
  if (kinds.every((kind) => kind === "folder")) {
    return "lies in no class folder, which its caption was to come from";
  }
  const beside = kinds.includes("sidecar")
    ? `put a caption beside it as ${basename(withoutExtension(path))}.txt, `
    : "";
  const named = kinds.includes("name") ? "has no words in its name: " : "has no caption: ";
  return `${named}${beside}rename it, or take --caption-from folder`;
};

/** The text beside an image; null where there is none. */
const readSidecar = async (path: string): Promise<string | null> => {
  try {
    return oneLine(await readFile(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw fileFault(error, path);
  }
};

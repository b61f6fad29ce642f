import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { AnchorageError, isAnchorageError } from "../../errors.ts";
import { fileFault, readImageFile, reject, walk, withoutExtension } from "../../files/index.ts";
import { captionFromFolder, captionFromName, oneLine } from "./caption.ts";
import type { Entry, PairSource } from "./types.ts";

/** `auto`: the sidecar where there is one, else the file's name. */
export type CaptionFrom = "auto" | "name" | "folder";

/**
 * The images under a folder, at any depth, in order of their names. An id is the path from the folder without the
 * extension. A caption comes from the `.txt` of the same name, else from the file's name, or from that of the folder
 * that it lies in. Hidden files are passed over, links are followed, and a folder that several links lead to is read
 * once.
 */
export const openFolder = (root: string, captionFrom: CaptionFrom): PairSource => {
  let total = 0;
  let done = 0;

  const captionOf = async (path: string): Promise<string> => {
    const source = join(root, path);
    if (captionFrom === "folder") {
      const folder = path.split("/").at(-2);
      if (folder !== undefined) return captionFromFolder(folder);
      throw new AnchorageError(
        "invalid-input",
        "lies in no class folder, which its caption was to come from",
      );
    }
    if (captionFrom === "auto") {
      const sidecar = await readSidecar(`${withoutExtension(source)}.txt`);
      if (sidecar !== null) return sidecar;
    }
    const caption = captionFromName(basename(path));
    if (caption !== "") return caption;
    const beside = `put a caption beside it as ${basename(withoutExtension(path))}.txt, `;
    throw new AnchorageError(
      "invalid-input",
      `has no words in its name: ${captionFrom === "auto" ? beside : ""}rename it, or take --caption-from folder`,
    );
  };

  const entryOf = async (path: string): Promise<Entry> => {
    const source = join(root, path);
    const id = withoutExtension(path);
    try {
      const text = await captionOf(path);
      return { kind: "pair", id, text, metadata: {}, source, image: () => readImageFile(source) };
    } catch (error) {
      if (!isAnchorageError(error)) throw error;
      return reject(source, error.message, id);
    }
  };

  return {
    entries: async function* () {
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

/** The text beside an image; null where there is none. */
const readSidecar = async (path: string): Promise<string | null> => {
  try {
    return oneLine(await readFile(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw fileFault(error, path);
  }
};

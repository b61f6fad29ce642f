import { readdir, realpath, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { messageOf } from "../../errors.ts";
import { compareIds } from "../../math/order.ts";
import { fileFault } from "./file-fault.ts";
import { isImageExtension, unreadReason } from "./image-file.ts";
import { reject, type Reject } from "./reject.ts";

/** An image by its path from the root, with slashes. */
interface ImagePath {
  readonly kind: "image";
  readonly path: string;
}

/** A file that is not an image by its name. */
interface OtherPath {
  readonly kind: "other";
  readonly path: string;
}

/** The files under a folder, and what of it cannot be read, in order of names. */
export async function* walk(
  root: string,
  folder: string,
  visited: Set<string>,
): AsyncGenerator<ImagePath | OtherPath | Reject, void> {
  const names = await listFolder(join(root, folder), visited);
  if (!Array.isArray(names)) {
    yield names;
    return;
  }
  for (const name of names) {
    const path = folder === "" ? name : `${folder}/${name}`;
    const kind = await kindOf(join(root, path), name);
    if (kind === "folder") yield* walk(root, path, visited);
    else if (kind === "image" || kind === "other") yield { kind, path };
    else if (kind !== null) yield kind;
  }
}

/** What a folder holds, sorted; nothing where it was read before, by another link or above itself. */
const listFolder = async (path: string, visited: Set<string>): Promise<string[] | Reject> => {
  try {
    const real = await realpath(path);
    if (visited.has(real)) return [];
    visited.add(real);
    const names = await readdir(path);
    return names.filter((name) => !name.startsWith(".")).sort(compareIds);
  } catch (error) {
    return reject(path, messageOf(fileFault(error, path)));
  }
};

/** Null for what is neither a folder nor a file, such as a socket. */
const kindOf = async (path: string, name: string): Promise<"folder" | "image" | "other" | Reject | null> => {
  const extension = extname(name).slice(1);
  const unread = unreadReason(extension);
  const named = isImageExtension(extension) || unread !== null;
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) return "folder";
    if (!stats.isFile()) return null;
    if (!named) return "other";
    return unread === null ? "image" : reject(path, unread);
  } catch (error) {
    return named ? reject(path, messageOf(fileFault(error, path))) : null;
  }
};

import { access, readdir } from "node:fs/promises";
import { join } from "node:path";

/** How deep folders are searched for the images of a table, below the folder that its paths start from. */
const MAX_DEPTH = 3;
/** How many folders are searched. */
const MAX_FOLDERS = 500;

/**
 * Finds a file by a path that may be written in other Unicode forms than the names on disk: macOS stores `é` as two
 * characters, most tables as one.
 *
 * @param path with slashes, from `directory`
 * @returns the path on disk, joined with `directory`; where there is none, the path as it is written
 */
export const locateFile = async (directory: string, path: string): Promise<string> => {
  const asWritten = join(directory, path);
  if (await pathExists(asWritten)) return asWritten;
  let at = directory;
  for (const part of path.split("/")) {
    const form = part.normalize("NFC");
    const names = (await pathExists(join(at, part))) ? [part] : await namesIn(at);
    const found = names.find((name) => name.normalize("NFC") === form);
    if (found === undefined) return asWritten;
    at = join(at, found);
  }
  return at;
};

/** Whether there is something at a path. */
export const pathExists = async (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/**
 * Finds the folders in which most of `paths` exist, and at least half: those below `directory`, then those beside it.
 *
 * @param paths with slashes; at least one
 */
export const foldersWith = async (
  directory: string,
  paths: readonly string[],
): Promise<{ readonly below: readonly string[]; readonly beside: readonly string[] }> => {
  const holding = async (folders: readonly string[]): Promise<string[]> => {
    const held = new Map<string, number>();
    for (const folder of folders) {
      const missing = await missingIn(folder, paths);
      if (missing * 2 <= paths.length) held.set(folder, missing);
    }
    const fewest = Math.min(...held.values());
    return [...held].flatMap(([folder, missing]) => (missing === fewest ? [folder] : []));
  };
  const below = await holding(await foldersBelow(directory, MAX_DEPTH));
  // One name such as 1.jpg may be anywhere; two are more than a coincidence.
  if (below.length > 0 || new Set(paths).size < 2) return { below, beside: [] };
  const parent = join(directory, "..");
  return { below, beside: await holding([parent, ...(await foldersBelow(parent, 1))]) };
};

/** How many of `paths` are not in a folder; counted until it is more than half of them. */
const missingIn = async (folder: string, paths: readonly string[]): Promise<number> => {
  let missing = 0;
  for (const path of paths) {
    if (!(await pathExists(await locateFile(folder, path)))) missing++;
    if (missing * 2 > paths.length) break;
  }
  return missing;
};

const foldersBelow = async (directory: string, depth: number): Promise<string[]> => {
  const found: string[] = [];
  let level = [directory];
  for (let at = 0; at < depth; at++) {
    const next: string[] = [];
    for (const folder of level) {
      if (found.length + next.length >= MAX_FOLDERS) break;
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      next.push(
        ...entries
          .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
          .map((entry) => join(folder, entry.name)),
      );
    }
    found.push(...next);
    level = next;
  }
  return found.sort();
};

const namesIn = (directory: string): Promise<string[]> => readdir(directory).catch(() => []);

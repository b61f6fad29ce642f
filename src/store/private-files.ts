import { chmod, lstat, readdir, stat } from "node:fs/promises";
import { homedir, platform } from "node:os";
import { dirname, join, sep } from "node:path";
import { messageOf } from "../errors.ts";
import type { Log } from "../types.ts";

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const STICKY = 0o1000;
/** PostgreSQL keeps its own files private, and may belong to another user. */
const POSTGRES = new Set(["postgres", "postgres.new"]);

/**
 * Closes `dataDir` and all that it contains to other users of the machine: folders get mode 0700 and files 0600, whatever
 * they had. Links are not followed. Nothing changes on Windows.
 *
 * A folder that serves more than Anchorage keeps its mode and contents, with a warning: one that every user may write to,
 * a home directory, the root, or a folder above the working directory.
 *
 * @example
 * ```ts
 * await closeToOthers("/srv/anchorage", log);
 * ```
 */
export const closeToOthers = async (dataDir: string, log: Log): Promise<void> => {
  if (platform() === "win32") return;
  if (await isShared(dataDir)) {
    log.warn(`${dataDir} serves more than Anchorage, so its modes stay: set DATA_DIR to a folder of its own`);
    return;
  }
  const failures: string[] = [];
  await setMode(dataDir, modeOfDataDir(), failures);
  await closeContents(dataDir, failures, POSTGRES);
  if (failures.length > 0)
    log.warn(`${failures.length} files in ${dataDir} may be open to other users: ${failures[0] ?? ""}`);
};

/** On macOS, PostgreSQL's user has no other way to its cluster where Anchorage runs as root. */
const modeOfDataDir = (): number =>
  process.getuid?.() === 0 && platform() !== "linux" ? FOLDER_MODE | 0o011 : FOLDER_MODE;

const isShared = async (folder: string): Promise<boolean> => {
  const { mode } = await stat(folder);
  return (
    (mode & STICKY) !== 0 ||
    dirname(folder) === folder ||
    folder === homedir() ||
    `${process.cwd()}${sep}`.startsWith(`${folder}${sep}`)
  );
};

const closeContents = async (
  folder: string,
  failures: string[],
  except: ReadonlySet<string> = new Set(),
): Promise<void> => {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (except.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      await setMode(path, FOLDER_MODE, failures);
      await closeContents(path, failures);
    } else if (entry.isFile()) await setMode(path, FILE_MODE, failures);
  }
};

const setMode = async (path: string, mode: number, failures: string[]): Promise<void> => {
  try {
    if (((await lstat(path)).mode & 0o7777) !== mode) await chmod(path, mode);
  } catch (error) {
    // Other parts of the service may have removed or renamed it.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") failures.push(messageOf(error));
  }
};

import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AnchorageError } from "../errors.ts";
import { startOf } from "./processes.ts";

export interface DataDirLock {
  release(): Promise<void>;
}

const FILE = "anchorage.lock";
const ATTEMPTS = 20;

/**
 * Holds `dataDir` for this process, until released or until the process is gone in whatever way.
 *
 * The lock names its owner by number and start, so that another process that got the number later does not pass for it.
 *
 * @throws AnchorageError `data-dir-busy` where a living process holds it.
 */
export const lockDataDir = async (dataDir: string): Promise<DataDirLock> => {
  await mkdir(dataDir, { recursive: true });
  const file = join(dataDir, FILE);
  const mark = randomBytes(8).toString("hex");
  const mine = `${JSON.stringify({ pid: process.pid, start: await startOf(process.pid), mark })}\n`;
  // Written aside and linked into place: a link fails where the name is taken, and is never seen half-written.
  const aside = `${file}.${mark}`;
  await writeFile(aside, mine, { mode: 0o644 });
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await place(aside, file)) return { release: () => removeIf(file, mine) };
      await takeFromTheDead(file, `${aside}.stale`, dataDir);
    }
  } finally {
    await rm(aside, { force: true });
  }
  throw new AnchorageError("data-dir-busy", `${dataDir}: other processes keep taking ${FILE}; try again.`);
};

const place = async (aside: string, file: string): Promise<boolean> => {
  try {
    await link(aside, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
};

/** Removes a lock whose owner is gone. */
const takeFromTheDead = async (file: string, stale: string, dataDir: string): Promise<void> => {
  const found = await readIfThere(file);
  if (found === null) return;
  const owner = parseOwner(found);
  if (owner !== null && (await startOf(owner.pid)) === owner.start)
    throw new AnchorageError(
      "data-dir-busy",
      `${dataDir} is in use by process ${owner.pid}. Stop that process, or set DATA_DIR to another directory.`,
    );
  const moved = await rename(file, stale).then(
    () => true,
    () => false,
  );
  if (!moved) return;
  // Someone else may have removed the dead lock and placed a live one in between; that one goes back.
  if ((await readIfThere(stale)) !== found) await place(stale, file);
  await rm(stale, { force: true });
};

const parseOwner = (text: string): { readonly pid: number; readonly start: string } | null => {
  try {
    const { pid, start } = JSON.parse(text) as { pid?: unknown; start?: unknown };
    return typeof pid === "number" && typeof start === "string" ? { pid, start } : null;
  } catch {
    // Left empty by a machine that lost its power.
    return null;
  }
};

const readIfThere = (file: string): Promise<string | null> => readFile(file, "utf8").catch(() => null);

const removeIf = async (file: string, content: string): Promise<void> => {
  if ((await readIfThere(file)) === content) await rm(file, { force: true });
};

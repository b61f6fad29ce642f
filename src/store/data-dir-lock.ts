import { randomBytes } from "node:crypto";
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AnchorageError } from "../errors.ts";
import { startOf } from "./processes.ts";

export interface DataDirLock {
  release(): Promise<void>;
}

const NAME = "anchorage.lock.";
const ATTEMPTS = 100;
const RELEASED = "{}\n";

/**
 * Holds `dataDir` for this process, until released or until the process is gone in whatever way.
 *
 * The lock names its owner by number and start, so that another process that got the number later does not pass for it.
 *
 * @throws AnchorageError `data-dir-busy` where a living process holds it.
 */
export const lockDataDir = async (dataDir: string): Promise<DataDirLock> => {
  await mkdir(dataDir, { recursive: true });
  // Written aside and linked into place: a link fails where the name is taken, and is never seen half-written.
  const aside = join(dataDir, `${NAME}${randomBytes(8).toString("hex")}.new`);
  await writeFile(aside, `${JSON.stringify({ pid: process.pid, start: await startOf(process.pid) })}\n`);
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const held = await take(dataDir, aside);
      if (held !== null) return { release: () => release(held, aside) };
    }
  } finally {
    await rm(aside, { force: true });
  }
  throw new AnchorageError("data-dir-busy", `${dataDir}: other processes keep taking its lock; try again.`);
};

/**
 * Locks are numbered and the highest counts. A dead owner's lock is not removed, which two could do to one another,
 * but followed by the next number, which only one can link; and a number that was passed over already never counts.
 */
const take = async (dataDir: string, aside: string): Promise<string | null> => {
  const highest = Math.max(0, ...(await numbersIn(dataDir)));
  if (highest > 0) await refuseIfHeld(dataDir, highest);
  const file = join(dataDir, `${NAME}${highest + 1}`);
  if (!(await linked(aside, file))) return null;
  const others = (await numbersIn(dataDir)).filter((number) => number !== highest + 1);
  if (others.some((number) => number > highest)) {
    await rm(file);
    return null;
  }
  for (const number of others) await rm(join(dataDir, `${NAME}${number}`), { force: true });
  return file;
};

const numbersIn = async (dataDir: string): Promise<number[]> =>
  (await readdir(dataDir))
    .filter((name) => name.startsWith(NAME) && /^[1-9]\d*$/.test(name.slice(NAME.length)))
    .map((name) => Number(name.slice(NAME.length)));

const refuseIfHeld = async (dataDir: string, number: number): Promise<void> => {
  const owner = parseOwner(await readFile(join(dataDir, `${NAME}${number}`), "utf8").catch(() => ""));
  if (owner === null) return;
  if ((await startOf(owner.pid)) !== owner.start) return;
  throw new AnchorageError(
    "data-dir-busy",
    `${dataDir} is in use by process ${owner.pid}. Stop that process, or set DATA_DIR to another directory.`,
  );
};

const linked = async (from: string, to: string): Promise<boolean> => {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
};

/** Null where it was released, or left empty by a machine that lost its power. */
const parseOwner = (text: string): { readonly pid: number; readonly start: string } | null => {
  try {
    const { pid, start } = JSON.parse(text) as { pid?: unknown; start?: unknown };
    return typeof pid === "number" && typeof start === "string" ? { pid, start } : null;
  } catch {
    return null;
  }
};

/** The file stays, since its number must never be given twice. */
const release = async (file: string, aside: string): Promise<void> => {
  await writeFile(aside, RELEASED);
  await rename(aside, file);
};

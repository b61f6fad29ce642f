import { randomBytes } from "node:crypto";
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AnchorageError } from "../errors.ts";
import { startOf } from "./processes.ts";

/** A held lock of a DATA_DIR. */
export interface DataDirLock {
  release(): Promise<void>;
}

const NAME = "anchorage.lock.";
const ATTEMPTS = 100;
const RELEASED = "{}\n";

/**
 * Locks `dataDir` for this process, until the lock is released or the process ends in any way.
 *
 * The lock records the process id and start time, so that a later process with the same id is not mistaken for the owner.
 *
 * @throws AnchorageError `data-dir-busy` if a running process holds it
 * @example
 * ```ts
 * const lock = await lockDataDir("./data");
 * // ... use the directory
 * await lock.release();
 * ```
 */
export const lockDataDir = async (dataDir: string): Promise<DataDirLock> => {
  await mkdir(dataDir, { recursive: true });
  // Write a temporary file and hard-link it: link fails if the name is taken, and no reader sees a partial file.
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

/** Writes into the lock, which this process holds, where its service listens: for {@link serviceOfDataDir}. */
export const announceService = async (dataDir: string, url: string): Promise<void> => {
  const file = lockFile(dataDir, Math.max(0, ...(await numbersIn(dataDir))));
  const owner = parseOwner(await readFile(file, "utf8"));
  if (owner?.pid !== process.pid) return;
  const aside = join(dataDir, `${NAME}${randomBytes(8).toString("hex")}.new`);
  await writeFile(aside, `${JSON.stringify({ pid: owner.pid, start: owner.start, url })}\n`);
  await rename(aside, file);
};

/** The address of the service of the process that holds the lock of `dataDir`; null if there is none. */
export const serviceOfDataDir = async (dataDir: string): Promise<string | null> => {
  const numbers = await numbersIn(dataDir).catch(() => []);
  const owner = parseOwner(
    await readFile(lockFile(dataDir, Math.max(0, ...numbers)), "utf8").catch(() => ""),
  );
  const isHeld = owner !== null && (await startOf(owner.pid)) === owner.start;
  return isHeld ? owner.url : null;
};

const lockFile = (dataDir: string, number: number): string => join(dataDir, `${NAME}${number}`);

/**
 * Lock files are numbered, and the highest number counts. The lock of a dead owner is not removed, because two processes
 * could then remove each other's; instead the next number is linked, which only one process can do. A process that
 * links a number below the highest one gives up.
 */
const take = async (dataDir: string, aside: string): Promise<string | null> => {
  const highest = Math.max(0, ...(await numbersIn(dataDir)));
  if (highest > 0) await refuseIfHeld(dataDir, highest);
  const file = lockFile(dataDir, highest + 1);
  if (!(await linked(aside, file))) return null;
  const others = (await numbersIn(dataDir)).filter((number) => number !== highest + 1);
  if (others.some((number) => number > highest)) {
    await rm(file);
    return null;
  }
  for (const number of others) await rm(lockFile(dataDir, number), { force: true });
  return file;
};

const numbersIn = async (dataDir: string): Promise<number[]> =>
  (await readdir(dataDir))
    .filter((name) => name.startsWith(NAME) && /^[1-9]\d*$/.test(name.slice(NAME.length)))
    .map((name) => Number(name.slice(NAME.length)));

const refuseIfHeld = async (dataDir: string, number: number): Promise<void> => {
  const owner = parseOwner(await readFile(lockFile(dataDir, number), "utf8").catch(() => ""));
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

interface LockOwner {
  readonly pid: number;
  readonly start: string;
  /** Where its service listens. */
  readonly url: string | null;
}

/** Null if the lock was released, or if the file is empty after a power failure. */
const parseOwner = (text: string): LockOwner | null => {
  try {
    const { pid, start, url } = JSON.parse(text) as { pid?: unknown; start?: unknown; url?: unknown };
    if (typeof pid !== "number" || typeof start !== "string") return null;
    return { pid, start, url: typeof url === "string" ? url : null };
  } catch {
    return null;
  }
};

/** Marks the lock as released. The file stays, so that its number is never reused. */
const release = async (file: string, aside: string): Promise<void> => {
  await writeFile(aside, RELEASED);
  await rename(aside, file);
};

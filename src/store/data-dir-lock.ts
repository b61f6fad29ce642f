import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AnchorageError } from "../errors.ts";
import { tryLockFile } from "./file-lock.ts";
import { startOf } from "./processes.ts";

/** A held lock of a DATA_DIR. */
export interface DataDirLock {
  release(): Promise<void>;
}

const LOCK = "anchorage.lock";
/** Notes name the owner. They are numbered, and the highest counts: version 0.1 has no other lock and reads them. */
const NOTE = `${LOCK}.`;

/**
 * Locks `dataDir` for this process, until the lock is released or the process ends in any way. The kernel keeps the lock,
 * so it holds between containers and users that share the directory.
 *
 * @throws AnchorageError `data-dir-busy` if a running process holds it, `unavailable` if the directory cannot be used
 * @example
 * ```ts
 * const lock = await lockDataDir("./data");
 * // ... use the directory
 * await lock.release();
 * ```
 */
export const lockDataDir = async (dataDir: string): Promise<DataDirLock> => {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const lock = await tryLockFile(join(dataDir, LOCK));
  const note = await latestNote(dataDir);
  const owner = await readOwner(note);
  if (lock === null) throw await busy(dataDir, owner);
  try {
    if (owner !== null && !owner.kernelLock && (await isRunning(owner))) throw await busy(dataDir, owner);
    await writeNote(note, { pid: process.pid, start: (await startOf(process.pid)) ?? "", url: null });
    for (const name of await notesIn(dataDir))
      if (join(dataDir, name) !== note) await rm(join(dataDir, name), { force: true });
  } catch (error) {
    lock.release();
    throw error;
  }
  let held = true;
  return {
    release: async () => {
      if (!held) return;
      held = false;
      await rm(note, { force: true }).finally(lock.release);
    },
  };
};

/** Notes in `dataDir`, whose lock this process holds, where its service listens: for {@link serviceOfDataDir}. */
export const announceService = async (dataDir: string, url: string): Promise<void> => {
  const note = await latestNote(dataDir);
  const owner = await readOwner(note);
  if (owner?.pid === process.pid) await writeNote(note, { ...owner, url });
};

/** The address of the service of the process that holds the lock of `dataDir`; null if there is none. */
export const serviceOfDataDir = async (dataDir: string): Promise<string | null> => {
  const owner = await latestNote(dataDir).then(readOwner, () => null);
  return owner !== null && (await isRunning(owner)) ? owner.url : null;
};

interface LockOwner {
  readonly pid: number;
  readonly start: string;
  /** Where its service listens. */
  readonly url: string | null;
}

/** False if the process has ended, or if it runs where this one cannot see it. */
const isRunning = async ({ pid, start }: LockOwner): Promise<boolean> => (await startOf(pid)) === start;

const busy = async (dataDir: string, owner: LockOwner | null): Promise<AnchorageError> => {
  const who =
    owner === null
      ? "another process"
      : (await isRunning(owner))
        ? `process ${owner.pid}`
        : `a process of another container or machine (process ${owner.pid} there)`;
  return new AnchorageError(
    "data-dir-busy",
    `${dataDir} is in use by ${who}. Stop that process, or set DATA_DIR to another directory.`,
  );
};

const notesIn = async (dataDir: string): Promise<string[]> =>
  (await readdir(dataDir)).filter((name) => name.startsWith(NOTE));

const latestNote = async (dataDir: string): Promise<string> => {
  const numbers = (await notesIn(dataDir))
    .map((name) => name.slice(NOTE.length))
    .filter((text) => /^[1-9]\d*$/.test(text))
    .map(Number);
  return join(dataDir, `${NOTE}${Math.max(1, ...numbers)}`);
};

/** Null if there is no note, or if it is empty after a power failure. */
const readOwner = async (note: string): Promise<(LockOwner & { readonly kernelLock: boolean }) | null> => {
  try {
    const { pid, start, url, kernelLock } = JSON.parse(await readFile(note, "utf8")) as Record<
      string,
      unknown
    >;
    if (typeof pid !== "number" || typeof start !== "string") return null;
    return { pid, start, url: typeof url === "string" ? url : null, kernelLock: kernelLock === true };
  } catch {
    return null;
  }
};

const writeNote = async (note: string, { pid, start, url }: LockOwner): Promise<void> => {
  const aside = `${note}.${randomBytes(8).toString("hex")}.new`;
  await writeFile(aside, `${JSON.stringify({ pid, start, url, kernelLock: true })}\n`, { mode: 0o600 });
  await rename(aside, note);
};

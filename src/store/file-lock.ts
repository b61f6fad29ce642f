import { closeSync, fstatSync, openSync } from "node:fs";
import { stat } from "node:fs/promises";
import { createRequire } from "node:module";
import type * as nativeExtensions from "fs-native-extensions";
import { AnchorageError, messageOf } from "../errors.ts";

/** A kernel lock on a file. It ends when it is released, or when every process that has `fd` open has ended. */
export interface FileLock {
  /** A child process that inherits it keeps the lock beyond the end of this process (not on Windows). */
  readonly fd: number;
  readonly release: () => void;
}

const BUSY = new Set(["EAGAIN", "EACCES", "EBUSY"]);

/**
 * Locks the file at `path`, which is created if it does not exist and is removed by its holder alone, if ever. The kernel keeps the lock, so
 * it excludes processes of other containers and users too.
 *
 * @returns null if another process, or another call in this process, holds the lock
 * @throws AnchorageError `unavailable` if the file system cannot lock
 * @example
 * ```ts
 * const lock = await tryLockFile("/srv/anchorage/anchorage.lock");
 * lock?.release();
 * ```
 */
export const tryLockFile = async (path: string): Promise<FileLock | null> => {
  for (;;) {
    // A number: a FileHandle would be closed by the garbage collector.
    const fd = openSync(path, "a+", 0o600);
    const release = (): void => closeSync(fd);
    try {
      if (!isGranted(fd, path)) {
        release();
        return null;
      }
      // The file may have been replaced since it was opened.
      const there = await stat(path).catch(() => null);
      if (there?.ino === fstatSync(fd).ino) return { fd, release };
    } catch (error) {
      release();
      throw error;
    }
    release();
  }
};

const isGranted = (fd: number, path: string): boolean => {
  const { tryLock } = loadExtensions();
  try {
    return tryLock(fd);
  } catch (error) {
    if (BUSY.has(String((error as NodeJS.ErrnoException).code))) return false;
    throw new AnchorageError(
      "unavailable",
      `${path} cannot be locked (${messageOf(error)}). It has to be on a file system with locks, such as a local disk.`,
      { cause: error },
    );
  }
};

/** Loaded on first use, so that programs that lock nothing do not need the native module. */
const loadExtensions = (): typeof nativeExtensions => {
  try {
    return createRequire(import.meta.url)("fs-native-extensions") as typeof nativeExtensions;
  } catch (error) {
    throw new AnchorageError(
      "unavailable",
      `No file locks for ${process.platform}-${process.arch}: fs-native-extensions does not load (${messageOf(error)}). Run npm ci again.`,
      { cause: error },
    );
  }
};

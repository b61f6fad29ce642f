import { once } from "node:events";
import { fsync, ftruncate, write } from "node:fs";
import { link, open, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { finished } from "node:stream/promises";
import type { Writable } from "node:stream";
import { promisify } from "node:util";
import { AnchorageError, isAnchorageError, messageOf } from "../../errors.ts";

/**
 * Writes a new file as its bytes come. Until it is complete it is called `FILE.part`; whatever fails, that is removed, and
 * what a killed command left of it is written over.
 *
 * @param path `-` is the standard output
 * @throws AnchorageError `conflict` if there is such a file, `invalid-input` if it cannot be written, `unavailable` if the
 * disk is full
 */
export const writeOut = async (path: string, bytes: AsyncIterable<Uint8Array>): Promise<void> => {
  if (path === "-") return send(bytes, process.stdout);
  await requireNew(path);
  const part = `${path}.part`;
  const { tryLockFile } = await import("../../store/index.ts");
  // The lock tells a file that is being written from one whose writer was killed.
  const lock = await tryLockFile(part).catch((error: unknown) => {
    throw explain(error, path);
  });
  if (lock === null) throw new AnchorageError("conflict", `${part} is there: another command is writing it.`);
  try {
    await promisify(ftruncate)(lock.fd);
    for await (const chunk of bytes) await writeWhole(lock.fd, chunk);
    await promisify(fsync)(lock.fd);
    // Not renamed: that would replace a file that was made meanwhile.
    await link(part, path);
    await syncFolder(dirname(path));
  } catch (error) {
    throw explain(error, path);
  } finally {
    await rm(part, { force: true });
    lock.release();
  }
};

const writeWhole = async (fd: number, chunk: Uint8Array): Promise<void> => {
  for (let done = 0; done < chunk.length;) done += (await promisify(write)(fd, chunk, done)).bytesWritten;
};

/** @throws AnchorageError `conflict` if there is a file at `path` */
export const requireNew = async (path: string): Promise<void> => {
  if (path !== "-" && (await stat(path).catch(() => null)) !== null)
    throw new AnchorageError("conflict", `${path} exists already; nothing is written over it.`);
};

const send = async (bytes: AsyncIterable<Uint8Array>, stream: Writable): Promise<void> => {
  const failed = finished(stream, { readable: false });
  failed.catch(() => undefined);
  for await (const chunk of bytes)
    if (!stream.write(chunk)) await Promise.race([once(stream, "drain"), failed]);
};

const explain = (error: unknown, path: string): unknown => {
  if (isAnchorageError(error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT")
    return new AnchorageError(
      "unavailable",
      `The disk of ${path} is full; nothing is left of what was written.`,
      {
        cause: error,
      },
    );
  if (code === "EEXIST") return new AnchorageError("conflict", `${path} exists already.`, { cause: error });
  if (code === undefined || !/^E[A-Z]+$/.test(code)) return error;
  return new AnchorageError("invalid-input", `${path} cannot be written: ${messageOf(error)}`, {
    cause: error,
  });
};

const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, "r").catch(() => null);
  // Windows cannot open folders.
  if (handle === null) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

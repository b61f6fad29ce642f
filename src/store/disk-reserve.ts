import { randomBytes } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

const MIB = 1024 * 1024;
/** Two files of PostgreSQL's log, which it may need for a checkpoint or a start. */
export const RESERVE_BYTES = 32 * MIB;
const NAME = "anchorage.reserve";

/** A file that takes up room on the disk of PostgreSQL, and is given up where the disk is full. */
export interface DiskReserve {
  readonly isKept: () => Promise<boolean>;
  /** Makes the file if it is not there. @throws the error of the file system */
  readonly keep: () => Promise<void>;
  readonly giveUp: () => Promise<void>;
}

/** @param folder of the cluster, which PostgreSQL allows to hold other files */
export const diskReserve = (folder: string): DiskReserve => {
  const file = join(folder, NAME);
  const isKept = (): Promise<boolean> =>
    stat(file).then(
      ({ size }) => size === RESERVE_BYTES,
      () => false,
    );
  return {
    isKept,
    keep: async () => {
      if (await isKept()) return;
      const aside = `${file}.new`;
      try {
        await fill(aside);
        await rename(aside, file);
      } catch (error) {
        await rm(aside, { force: true });
        throw error;
      }
    },
    giveUp: async () => {
      for (const path of [file, `${file}.new`]) await rm(path, { force: true });
    },
  };
};

/** Random, because file systems that compress would keep no room for zeros. */
const fill = async (path: string): Promise<void> => {
  const part = randomBytes(MIB);
  const handle = await open(path, "w", 0o600);
  try {
    for (let written = 0; written < RESERVE_BYTES; written += part.length) await handle.writeFile(part);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

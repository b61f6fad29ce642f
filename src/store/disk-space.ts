import { statfs } from "node:fs/promises";
import { AnchorageError, isAnchorageError, messageOf } from "../errors.ts";
import type { Log } from "../types.ts";
import { diskReserve, RESERVE_BYTES } from "./disk-reserve.ts";
import { clusterIn } from "./embedded/index.ts";

const MIB = 1024 * 1024;
/** PostgreSQL ends itself if it cannot make the next file of its log, which has 16 MiB. */
const LEAST = 20 * MIB;
const WANTED = 64 * MIB;
const WANTED_SHARE = 0.1;
/** How often the disk is looked at, because other programs fill it too. */
const LOOK_MS = 5_000;

/** The space on a disk, in bytes. */
export interface DiskSpace {
  readonly free: number;
  readonly total: number;
}

const readSpace = async (folder: string): Promise<DiskSpace> => {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { free: bavail * bsize, total: blocks * bsize };
};

/** What is known of a write before it begins. */
export interface PlannedWrite {
  /** A deletion, which makes room, and a record of a few bytes need less room than a write. */
  readonly kind?: "write" | "deletion" | "record";
  /** About how many bytes the disk takes. */
  readonly bytes?: number;
}

const spaceForWrite = (total: number, { kind = "write", bytes = 0 }: PlannedWrite): number =>
  kind === "write" ? wantedOf(total) + bytes : LEAST;

const wantedOf = (total: number): number => Math.max(LEAST, Math.min(WANTED, WANTED_SHARE * total));

/**
 * Refuses work that could fill the disk of `folder`.
 *
 * @param bytes about how much it writes
 * @throws AnchorageError `unavailable` that says how much is missing
 */
export const requireRoom = async (folder: string, bytes: number, work: string): Promise<void> => {
  const { free, total } = await readSpace(folder);
  const needed = wantedOf(total) + bytes;
  if (free >= needed) return;
  throw new AnchorageError(
    "unavailable",
    `The disk is full: ${mebibytes(free)} MiB are free and ${work} needs ${mebibytes(needed)} MiB.`,
  );
};

/** Watches the disk of the embedded PostgreSQL. */
export interface DiskGuard {
  /** Refuses a write that could fill the disk. @throws AnchorageError `unavailable` that says that the disk is full */
  readonly requireSpace: (write: PlannedWrite) => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Watches the disk of a cluster: refuses writes before PostgreSQL is given them, and keeps a reserve that is given up
 * where less than 20 MiB are free, so that PostgreSQL can write its checkpoints and deletions can make room. The reserve
 * is made again once the disk has room.
 *
 * @example
 * ```ts
 * const guard = guardDisk("/srv/anchorage/postgres", log);
 * await guard.requireSpace({ bytes: 1_000_000 });
 * ```
 */
export const guardDisk = (folder: string, log: Log): DiskGuard => {
  const reserve = diskReserve(folder);
  let looking: Promise<DiskSpace & { readonly isReserved: boolean }> | undefined;

  const look = async () => {
    const { free, total } = await readSpace(folder);
    const isReserved = await reserve.isKept();
    if (isReserved && free < LEAST) {
      await reserve.giveUp();
      log.warn(
        `The disk is full: ${mebibytes(free)} MiB are free. Only deletions are written until there is room.`,
      );
      return { ...(await readSpace(folder)), isReserved: false };
    }
    if (isReserved || free < wantedOf(total) + RESERVE_BYTES) return { free, total, isReserved };
    await reserve.keep();
    return { ...(await readSpace(folder)), isReserved: true };
  };
  /** One look at a time; those who ask meanwhile share it. */
  const shared = () => (looking ??= look().finally(() => (looking = undefined)));

  const timer = setInterval(() => {
    shared().catch((error: unknown) => log.warn(`the disk could not be looked at: ${messageOf(error)}`));
  }, LOOK_MS);
  timer.unref();

  return {
    requireSpace: async (write) => {
      const { free, total, isReserved } = await shared();
      const isLittle = write.kind === "deletion" || write.kind === "record";
      const needed = spaceForWrite(total, write) + (isReserved || isLittle ? 0 : RESERVE_BYTES);
      if (free >= needed) return;
      throw new AnchorageError(
        "unavailable",
        `The disk is full: ${mebibytes(free)} MiB are free and a ${write.kind ?? "write"} needs ` +
          `${mebibytes(needed)} MiB. Searches go on; make room and try again.`,
      );
    },
    close: async () => {
      clearInterval(timer);
      await looking?.catch(() => undefined);
    },
  };
};

/** Gives up the reserve of `dataDir` before a start if its disk is full, so that PostgreSQL can start. */
export const makeRoomToStart = async (dataDir: string, log: Log): Promise<void> => {
  const folder = clusterIn(dataDir);
  const space = await readSpace(folder).catch(() => null);
  const reserve = diskReserve(folder);
  if (space === null || space.free >= LEAST || !(await reserve.isKept())) return;
  log.warn(
    `The disk is full: ${mebibytes(space.free)} MiB are free. The reserve is given up for this start.`,
  );
  await reserve.giveUp();
};

/** The error of a start on `folder`, or, if its disk is full, an error that says that instead of what followed from it. */
export const explainFullDisk = async (folder: string, error: unknown): Promise<unknown> => {
  if (isAnchorageError(error) && error.code !== "unavailable") return error;
  const space = await readSpace(folder).catch(() => null);
  const isFull =
    /ENOSPC|no space left on device/i.test(messageOf(error)) || (space !== null && space.free < LEAST);
  if (!isFull) return error;
  const left = space === null ? "" : ` (${mebibytes(space.free)} MiB are free)`;
  return new AnchorageError(
    "unavailable",
    `The disk is full: ${folder} has no room to start${left}; ${mebibytes(LEAST)} MiB are needed. ` +
      `Make room and start again; nothing that was stored is lost.`,
    { cause: error },
  );
};

const mebibytes = (bytes: number): string => (Math.floor((10 * bytes) / MIB) / 10).toString();

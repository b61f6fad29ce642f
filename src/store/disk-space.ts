import { statfs } from "node:fs/promises";
import { AnchorageError, isAnchorageError, messageOf } from "../errors.ts";

const MIB = 1024 * 1024;
/** PostgreSQL ends itself if it cannot make the next file of its log, which has 16 MiB. */
const LEAST = 20 * MIB;
const WANTED = 64 * MIB;
const WANTED_SHARE = 0.1;

/** The space on a disk, in bytes. */
export interface DiskSpace {
  readonly free: number;
  readonly total: number;
}

const readSpace = async (folder: string): Promise<DiskSpace> => {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { free: bavail * bsize, total: blocks * bsize };
};

/** A row is written to the log and to its table, whose pages are not full. */
const COPIES = 3;

/** What is known of a write before it begins. */
export interface PlannedWrite {
  /** A deletion needs less room, since it makes room. */
  readonly isDeletion?: boolean;
  /** About how much is written. */
  readonly bytes?: number;
}

const spaceForWrite = (total: number, { isDeletion = false, bytes = 0 }: PlannedWrite): number =>
  isDeletion ? LEAST : Math.max(LEAST, Math.min(WANTED, WANTED_SHARE * total)) + COPIES * bytes;

/**
 * Refuses a write that could fill the disk of `folder`, before PostgreSQL is given it.
 *
 * @throws AnchorageError `unavailable` that says that the disk is full
 * @example
 * ```ts
 * await requireSpace("/srv/anchorage", { bytes: 1_000_000 });
 * ```
 */
export const requireSpace = async (folder: string, write: PlannedWrite): Promise<void> => {
  const { free, total } = await readSpace(folder);
  const needed = spaceForWrite(total, write);
  if (free >= needed) return;
  throw new AnchorageError(
    "unavailable",
    `The disk is full: ${mebibytes(free)} MiB are free and a ${write.isDeletion === true ? "deletion" : "write"} ` +
      `needs ${mebibytes(needed)} MiB. Searches go on; make room and try again.`,
  );
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

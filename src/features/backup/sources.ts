import { createReadStream } from "node:fs";
import { corruptFile, fileFault } from "../files/index.ts";
import type { BackupHeader, BackupSummary } from "./format.ts";
import { readBackup, type BackupEntry } from "./read.ts";

/** A file with a backup, or the standard input. */
export interface BackupSource {
  /** Names it in messages. */
  readonly place: string;
  /** Its bytes from the start; the standard input can be read once. */
  readonly bytes: () => AsyncIterable<Uint8Array>;
}

/** A backup whose header has been read. */
export interface OpenBackup {
  readonly place: string;
  readonly header: BackupHeader;
  /**
   * Reads the parts of some tables, in the order of the file, and checks the whole file.
   *
   * @param onPart `bytes` are the next bytes of the table's binary COPY
   */
  readonly read: (
    tables: ReadonlySet<string>,
    onPart: (table: string, bytes: Buffer) => Promise<void> | void,
  ) => Promise<BackupSummary>;
  /** Ends the reading. */
  readonly close: () => Promise<void>;
}

/** The file at `path`; `-` is the standard input. */
export const sourceOf = (path: string): BackupSource =>
  path === "-"
    ? { place: "the standard input", bytes: () => process.stdin }
    : { place: path, bytes: () => bytesOf(path) };

const bytesOf = async function* (path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path)) if (chunk instanceof Uint8Array) yield chunk;
  } catch (error) {
    throw fileFault(error, path);
  }
};

/**
 * Reads the header of a backup.
 *
 * @throws AnchorageError `corrupt-file` if it is not one, `invalid-input` if the file cannot be read
 */
export const openBackup = async ({ place, bytes }: BackupSource): Promise<OpenBackup> => {
  let entries: AsyncGenerator<BackupEntry> | null = readBackup(bytes(), place);
  const header = await headerOf(entries, place);
  return {
    place,
    header,
    read: async (tables, onPart) => {
      // The first reading goes on behind the header; the standard input has no second one.
      let reading = entries;
      entries = null;
      if (reading === null) {
        reading = readBackup(bytes(), place);
        if ((await headerOf(reading, place)).id !== header.id)
          throw corruptFile(place, "was replaced while it was read");
      }
      let summary: BackupSummary | undefined;
      for await (const entry of reading) {
        if (entry.kind === "part" && tables.has(entry.table)) await onPart(entry.table, entry.bytes);
        if (entry.kind === "summary") summary = entry.summary;
      }
      if (summary === undefined) throw corruptFile(place, "ends early: it is not a whole backup");
      return summary;
    },
    close: async () => {
      await entries?.return(undefined);
      entries = null;
    },
  };
};

const headerOf = async (entries: AsyncGenerator<BackupEntry>, place: string): Promise<BackupHeader> => {
  const first = await entries.next();
  if (first.done === true || first.value.kind !== "header")
    throw corruptFile(place, "is not a backup of Anchorage");
  return first.value.header;
};

/**
 * Checks that a full backup comes first, and that each of the others continues the one before it.
 *
 * @throws AnchorageError `corrupt-file`
 */
export const requireSeries = (backups: readonly OpenBackup[]): void => {
  for (const [i, { place, header }] of backups.entries()) {
    if (header.contents === "receipts")
      throw corruptFile(place, "holds receipts alone: give it as --receipts, beside a backup");
    const before = backups[i - 1]?.header;
    if (header.base === null && before !== undefined)
      throw corruptFile(place, "is a full backup: restore it by itself");
    if (header.base !== null && before?.id !== header.base.id)
      throw corruptFile(
        place,
        `continues the backup of ${header.base.createdAt} (${header.base.id}); give that one before it`,
      );
  }
};

import { readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";

/** Named by its sequence; files of interrupted writes have another extension. */
const SNAPSHOT = /^(\d+)\.snapshot$/;
const OURS = /^\d+\.snapshot(\.writing)?$/;

export const snapshotName = (sequence: number): string => `${sequence}.snapshot`;

export const writingName = (sequence: number): string => `${snapshotName(sequence)}.writing`;

/** Paths, newest first; empty if the folder does not exist. */
export const listSnapshots = async (folder: string): Promise<string[]> =>
  (await namesIn(folder))
    .flatMap((name) => {
      const sequence = SNAPSHOT.exec(name)?.[1];
      return sequence === undefined ? [] : [{ name, sequence: Number(sequence) }];
    })
    .sort((a, b) => b.sequence - a.sequence)
    .map(({ name }) => join(folder, name));

/** Removes every other snapshot, files of interrupted writes, and the folder if it is then empty. */
export const removeSnapshots = async (folder: string, keep?: string): Promise<void> => {
  for (const name of await namesIn(folder))
    if (OURS.test(name) && name !== keep) await rm(join(folder, name), { force: true });
  if (keep === undefined) await rmdir(folder).catch(() => undefined);
};

const namesIn = async (folder: string): Promise<string[]> => {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
};

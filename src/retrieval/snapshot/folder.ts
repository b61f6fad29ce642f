import { readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { Modality, TransformKind } from "../../types.ts";
import { isTransformKind } from "../transform.ts";

/** What a file of lists beside a snapshot is of. */
export interface ListsFile {
  readonly sequence: number;
  readonly modality: Modality;
  readonly transform: TransformKind;
}

const LISTS = /^(\d+)-(image|text)-([a-z0-9._]+)\.lists(\.writing)?$/;

/** The name of a file of lists beside the snapshot of a sequence. Some file systems have no colons in names. */
export const listsFileName = ({ sequence, modality, transform }: ListsFile): string =>
  `${sequence}-${modality}-${transform.replaceAll(":", "_")}.lists`;

/** What a file of this name is of; undefined if it is no whole file of lists. */
export const parseListsFileName = (name: string): ListsFile | undefined => {
  const [, sequence, modality, kind = "", unfinished] = LISTS.exec(name) ?? [];
  const transform = kind.replaceAll("_", ":");
  if (sequence === undefined || unfinished !== undefined || !isTransformKind(transform)) return undefined;
  return { sequence: Number(sequence), modality: modality === "image" ? "image" : "text", transform };
};

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

/** Removes every other snapshot with the lists beside it, files of interrupted writes, and the folder if it is then empty. */
export const removeSnapshots = async (folder: string, keep?: string): Promise<void> => {
  for (const name of await namesIn(folder))
    if ((OURS.test(name) && name !== keep) || isOtherLists(name, keep))
      await rm(join(folder, name), { force: true });
  if (keep === undefined) await rmdir(folder).catch(() => undefined);
};

const isOtherLists = (name: string, keep: string | undefined): boolean => {
  const [, sequence, , , unfinished] = LISTS.exec(name) ?? [];
  if (sequence === undefined) return false;
  return unfinished !== undefined || keep === undefined || sequence !== SNAPSHOT.exec(keep)?.[1];
};

const namesIn = async (folder: string): Promise<string[]> => {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
};

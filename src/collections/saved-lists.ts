import { readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { isAnchorageError, messageOf } from "../errors.ts";
import {
  listsFileName,
  parseListsFileName,
  readLists,
  writeLists,
  type ListsSubject,
  type SnapshotSubject,
  type SpaceLists,
} from "../retrieval/index.ts";
import type { Log, Sequence } from "../types.ts";

/** The snapshot beside which lists are kept. */
export interface ListedSnapshot {
  readonly sequence: Sequence;
  /** Number of its anchors. */
  readonly anchors: number;
}

const subjectOfLists = (
  { collection, encoders }: SnapshotSubject,
  { sequence, anchors }: ListedSnapshot,
  { modality, transform, version }: Pick<SpaceLists, "modality" | "transform" | "version">,
): ListsSubject => ({
  collection: { name: collection.name, createdAt: collection.createdAt },
  modality,
  encoder: encoders[modality],
  transform,
  transformVersion: version,
  sequence,
  anchors,
});

/**
 * Writes the lists of a space beside its snapshot, a file each, so that a start need not build them. Other files of lists are
 * removed before, for they may hold what was deleted.
 *
 * @param folder of the snapshot
 * @throws the signal's reason, or the error of the file system
 */
export const saveLists = async (
  folder: string,
  subject: SnapshotSubject,
  snapshot: ListedSnapshot,
  lists: readonly SpaceLists[],
  signal: AbortSignal,
): Promise<void> => {
  const nameOf = (one: SpaceLists): string => listsFileName({ ...one, sequence: snapshot.sequence });
  const names = new Set(lists.map(nameOf));
  for (const name of await readdir(folder))
    if (parseListsFileName(name) !== undefined && !names.has(name))
      await rm(join(folder, name), { force: true });
  for (const one of lists) {
    const name = nameOf(one);
    await writeLists(join(folder, name), subjectOfLists(subject, snapshot, one), one, signal);
  }
};

/** Reads the lists beside a snapshot. A file that is damaged or of other rows is deleted, and a line of the log says why. */
export const readSavedLists = async (
  folder: string,
  subject: SnapshotSubject,
  snapshot: ListedSnapshot,
  versionOf: (one: Pick<SpaceLists, "modality" | "transform">) => number,
  log: Log,
): Promise<SpaceLists[]> => {
  const found: SpaceLists[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const of = parseListsFileName(name);
    if (of?.sequence !== snapshot.sequence) continue;
    const one = { ...of, version: versionOf(of) };
    const path = join(folder, name);
    try {
      found.push({ ...one, ...(await readLists(path, subjectOfLists(subject, snapshot, one))) });
    } catch (error) {
      if (!isAnchorageError(error)) throw error;
      await rm(path, { force: true });
      log.warn(`${basename(path)} is not used and deleted, for ${messageOf(error)}`, {
        collection: subject.collection.name,
      });
    }
  }
  return found;
};

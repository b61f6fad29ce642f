import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { AnchorageError, isAnchorageError, messageOf } from "../errors.ts";
import {
  listSnapshots,
  readSnapshot,
  removeSnapshots,
  writeSnapshot,
  type AnchorSpace,
  type AnchorView,
  type SnapshotHeader,
  type SnapshotSubject,
  type SpaceLists,
} from "../retrieval/index.ts";
import { readSavedLists, saveLists, type ListedSnapshot } from "./saved-lists.ts";
import {
  type CollectionRecord,
  type Database,
  type EncoderRecord,
  type Store,
  writeMark,
  changesSince,
  readSince,
} from "../store/index.ts";
import type { Log, Sequence } from "../types.ts";

/** Approximate bytes of an anchor in a snapshot, beside its vectors. */
const ENTRY_BYTES = 500;
/** Below this number of anchors, reading from Postgres is as fast as from a file. */
const FEWEST_ANCHORS = 1_000;
/** Number of changed anchors, and their share of all, above which a new snapshot is written. */
const CHANGED_ANCHORS = 1_000;
const CHANGED_SHARE = 0.1;
/** A snapshot is written when nothing has changed for this time. */
const QUIET_MS = 30_000;
/** Without a quiet period, it is written after this multiple of it. */
const QUIETS_AT_MOST = 10;
/** Number of changed anchors, and their share of the snapshot, above which reading everything is faster. */
const CAUGHT_UP_ANCHORS = 10_000;
const CAUGHT_UP_SHARE = 0.5;

/** The snapshot that a space was filled from. */
export interface RestoredFrom {
  /** The space's count of changes at the time of the snapshot. */
  readonly changes: number;
  readonly snapshot: ListedSnapshot;
}

/** A space that was filled from a snapshot. */
export interface Restored extends RestoredFrom {
  readonly space: AnchorSpace;
}

/** Writes snapshots of one collection as it changes. */
export interface SnapshotKeeper {
  /** Writes one now, without removed anchors. @throws the error of the file system */
  readonly renew: () => Promise<void>;
  /** Writes one if anything has changed since the last, unless `signal` is aborted first. */
  readonly stop: (signal: AbortSignal) => Promise<void>;
  /** Stops writing; resolves when no snapshot is being written. */
  readonly close: () => Promise<void>;
}

/** The snapshots of all collections; each has a folder in `directory`, named by its key. */
export interface Snapshots {
  /**
   * Restores a space from the newest snapshot and the writes since; null if there is no usable one.
   * An unusable snapshot is deleted, and the log says why.
   */
  readonly restore: (
    record: CollectionRecord,
    openSpace: () => Promise<AnchorSpace>,
  ) => Promise<Restored | null>;
  /** @param restored from what the space was restored; null where there is no snapshot */
  readonly keep: (
    record: CollectionRecord,
    space: AnchorSpace,
    restored: RestoredFrom | null,
  ) => SnapshotKeeper;
  /** Removes the files of deleted collections. */
  readonly removeLost: (present: readonly CollectionRecord[]) => Promise<void>;
}

export const createSnapshots = (store: Store, directory: string, log: Log, quietMs = QUIET_MS): Snapshots => {
  const folderOf = (record: CollectionRecord): string => snapshotFolder(directory, record);

  const restore: Snapshots["restore"] = async (record, openSpace) => {
    for (const path of await listSnapshots(folderOf(record))) {
      const space = await openSpace();
      try {
        const check = (header: SnapshotHeader): Promise<void> => refuseOtherHistory(store, record, header);
        const subject = subjectOf(record);
        const { sequence, anchors } = await readSnapshot(path, subject, check, space.restore);
        const { total } = space.changes();
        const snapshot = { sequence: sequence as Sequence, anchors };
        const versionOf: Parameters<typeof readSavedLists>[3] = ({ modality, transform }) =>
          space.fitVersion(modality, transform);
        const lists = await readSavedLists(folderOf(record), subject, snapshot, versionOf, log);
        space.offerLists(lists, snapshot.sequence);
        await catchUp(store, record, space, snapshot.sequence);
        await removeOthers(record, basename(path));
        return { space, changes: total, snapshot };
      } catch (error) {
        space.close();
        // An unavailable store or a missing collection says nothing about the file.
        if (isAnchorageError(error) && error.code !== "corrupt-file") throw error;
        log.warn(`${basename(path)} is not used and deleted, for ${messageOf(error)}`, {
          collection: record.name,
        });
      }
      break;
    }
    await removeOthers(record);
    return null;
  };

  /** Also files that a killed process left, because they may hold deleted anchors. */
  const removeOthers = async (record: CollectionRecord, keep?: string): Promise<void> =>
    removeSnapshots(folderOf(record), keep).catch((error: unknown) =>
      log.warn(`its old snapshots could not be deleted: ${messageOf(error)}`, { collection: record.name }),
    );

  const keep: Snapshots["keep"] = (record, space, restored) => {
    const ending = new AbortController();
    let savedChanges = restored?.changes ?? 0;
    let snapshot = restored?.snapshot;
    /** The lists that are beside the snapshot. */
    let listsMark = "";
    let seenChanges = -1;
    let unquiet = 0;
    let writing: Promise<void> = Promise.resolve();

    const changed = (): number => space.changes().total - savedChanges;

    const write = async (): Promise<void> => {
      const [view, { total }] = [space.view(), space.changes()];
      const [lists, mark] = [space.lists(view), space.listsMark()];
      const isWritten = await saveSnapshot(store, directory, record, view, ending.signal);
      savedChanges = total;
      snapshot = isWritten ? { sequence: view.sequence, anchors: view.size } : undefined;
      if (snapshot !== undefined) await writeLists(snapshot, lists, mark);
    };

    const writeLists = async (
      beside: ListedSnapshot,
      lists: readonly SpaceLists[],
      mark: string,
    ): Promise<void> => {
      await saveLists(folderOf(record), subjectOf(record), beside, lists, ending.signal);
      listsMark = mark;
    };

    const listsChanged = (): boolean => {
      const mark = space.listsMark();
      return snapshot !== undefined && mark !== "" && mark !== listsMark;
    };

    /** Writes the lists that were built since the snapshot, whose rows are the present ones. */
    const writeNewLists = async (): Promise<void> => {
      if (snapshot === undefined || changed() > 0 || !listsChanged()) return;
      await writeLists(snapshot, space.lists(space.view()), space.listsMark());
    };

    /** One at a time. */
    const inTurn = (work: () => Promise<void> = write): Promise<void> => {
      const turn = writing.then(work);
      writing = turn.catch(() => undefined);
      return turn;
    };

    const look = (): void => {
      const { total } = space.changes();
      const quiet = total === seenChanges;
      seenChanges = total;
      const isOutdated = changed() > Math.max(CHANGED_ANCHORS, CHANGED_SHARE * space.view().size);
      if (!isOutdated && (changed() > 0 || !listsChanged())) return;
      if (isOutdated && !quiet && ++unquiet < QUIETS_AT_MOST) return;
      unquiet = 0;
      inTurn(isOutdated ? write : writeNewLists).catch((error: unknown) => {
        if (!ending.signal.aborted)
          log.warn(`no snapshot could be written: ${messageOf(error)}`, { collection: record.name });
      });
    };

    const timer = setInterval(look, quietMs);
    timer.unref();

    return {
      renew: () => inTurn(),
      stop: async (signal) => {
        clearInterval(timer);
        if (signal.aborted) ending.abort();
        signal.addEventListener("abort", () => ending.abort(), { once: true });
        try {
          await writing;
          await inTurn(changed() > 0 ? write : writeNewLists);
        } catch (error) {
          const why = signal.aborted ? "there was no time for it" : messageOf(error);
          log.warn(`no snapshot was written: ${why}`, { collection: record.name });
        }
      },
      close: async () => {
        clearInterval(timer);
        ending.abort();
        await writing;
      },
    };
  };

  const removeLost: Snapshots["removeLost"] = async (present) => {
    const known = new Set(present.map(({ key }) => String(key)));
    const names = await readdir(directory).catch(() => []);
    for (const name of names)
      if (/^\d+$/.test(name) && !known.has(name)) await removeSnapshots(join(directory, name));
  };

  return { restore, keep, removeLost };
};

const snapshotFolder = (directory: string, { key }: CollectionRecord): string => join(directory, String(key));

/**
 * Replaces earlier snapshots by one of `view`; writes none if it would not be used.
 *
 * @param directory where the folders of the indexes are
 * @returns whether there is a snapshot of the view now
 * @throws AnchorageError `unavailable` if the disk is full
 * @throws what `signal` is aborted with, or the error of the file system
 */
export const saveSnapshot = async (
  database: Database,
  directory: string,
  record: CollectionRecord,
  view: AnchorView,
  signal: AbortSignal,
): Promise<boolean> => {
  const folder = snapshotFolder(directory, record);
  const mark = view.size < FEWEST_ANCHORS ? null : await writeMark(database, record, view.sequence);
  // A snapshot of a history that Postgres does not know is unusable, and older ones must not stay.
  if (mark === null) {
    await removeSnapshots(folder);
    return false;
  }
  await database.requireSpace({ bytes: sizeOf(view) });
  await writeSnapshot(folder, view, { ...subjectOf(record), mark }, signal);
  return true;
};

/** About the bytes of a snapshot. */
const sizeOf = (view: AnchorView): number =>
  view.size * (ENTRY_BYTES + 4 * (view.dimension("image") + view.dimension("text")));

export const subjectOf = ({
  key,
  name,
  createdAt,
  imageEncoder,
  textEncoder,
}: CollectionRecord): SnapshotSubject => ({
  collection: { key, name, createdAt: createdAt.toISOString() },
  encoders: { image: encoderOf(imageEncoder), text: encoderOf(textEncoder) },
});

const encoderOf = ({ id, sha256, dimension }: EncoderRecord): SnapshotSubject["encoders"]["image"] => ({
  id,
  sha256,
  dimension,
});

const refuseOtherHistory = async (
  store: Store,
  record: CollectionRecord,
  { sequence, mark, anchors }: SnapshotHeader,
): Promise<void> => {
  const known = await writeMark(store, record, sequence as Sequence);
  if (known === null) throw unusable(`Postgres knows of no write ${sequence}, at which it was made`);
  if (known !== mark) throw unusable(`Postgres knows another write ${sequence}`);
  const changes = await changesSince(store, record, sequence as Sequence);
  const changed = new Set(changes.flatMap(({ ids }) => ids)).size;
  if (changed > Math.max(CAUGHT_UP_ANCHORS, CAUGHT_UP_SHARE * anchors))
    throw unusable(`${changed} anchors have changed since it was made of ${anchors}`);
};

const catchUp = async (
  store: Store,
  record: CollectionRecord,
  space: AnchorSpace,
  sequence: Sequence,
): Promise<void> => {
  space.apply({ sequence, upserts: [], deletes: [] });
  const { gap } = await readSince(store, record, sequence, ({ reached, upserts, deletes }) => {
    space.apply({ sequence: reached ?? sequence, upserts, deletes });
  });
  if (gap) throw unusable("Postgres does not know any more what was written since");
};

const unusable = (reason: string): AnchorageError => new AnchorageError("corrupt-file", reason);

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { AdoptedIndexes } from "../api/indexes.ts";
import { AnchorageError, isAnchorageError, messageOf } from "../errors.ts";
import { withMemory } from "../memory-budget.ts";
import {
  builtFolder,
  forgetErased,
  forgetGone,
  isBuilt,
  readBuilt,
  removeAll,
  removeBuilt,
  requireGraphLibrary,
  type AnchorSpace,
  type BuildSubject,
} from "../retrieval/index.ts";
import { erasedUpTo, type CollectionRecord, type Store } from "../store/index.ts";
import type { CollectionDefaults, CollectionName, Log } from "../types.ts";
import { subjectOf } from "./snapshots.ts";

/** A collection in memory that a built index is for. */
export interface Indexed {
  readonly record: CollectionRecord;
  readonly space: AnchorSpace;
  /** What its queries are answered by. */
  readonly defaults: () => Pick<CollectionDefaults, "transform">;
}

/** The indexes that `build-index` put into files, for all collections. */
export interface BuiltIndexes {
  /**
   * Takes over the indexes and fits of a collection's built index; files that can never be of use again are removed.
   *
   * @throws AnchorageError `not-found` where none was built, `conflict` where it does not suit the collection,
   * `unprocessable` where a file is damaged, `unavailable` for graphs without the HNSW library
   */
  readonly adopt: (collection: Indexed) => Promise<AdoptedIndexes>;
  /** The same where there is an index; a line says what was adopted, or why not. */
  readonly adoptAtStart: (collection: Indexed) => Promise<void>;
  /** Removes files that hold a vector of an anchor that is deleted or replaced by now, or of another encoder. */
  readonly forget: (collection: Indexed) => Promise<void>;
  readonly remove: (name: CollectionName) => Promise<void>;
  /** Removes what is left of collections that are gone. */
  readonly removeLost: (present: readonly CollectionRecord[]) => Promise<void>;
}

/** @param directory where the folders of the indexes are */
export const createBuiltIndexes = (store: Store, directory: string, log: Log): BuiltIndexes => {
  const folderOf = ({ record }: Indexed): string => builtFolder(directory, record.name);

  const adopt: BuiltIndexes["adopt"] = async (collection) => {
    const { record, space } = collection;
    const [folder, subject] = [folderOf(collection), buildSubject(collection)];
    if (!(await isBuilt(folder))) throw noneBuilt(record);
    await forgetErased(folder, subject, await erasedUpTo(store, record));
    const wanted = { ...subject, sequence: subject.view.sequence, anchors: subject.view.size };
    const need = { bytes: await folderBytes(folder), what: `The built index of "${record.name}"` };
    const found = await withMemory(need, () => readBuilt(folder, wanted, requireGraphLibrary));
    if (found.state === "read") return space.adopt(found.index);
    if (found.state === "none") throw noneBuilt(record);
    if (found.state === "damaged" || found.isUseless) await removeBuilt(folder);
    const removed = found.state === "damaged" || found.isUseless ? " Its files were removed." : "";
    throw new AnchorageError(
      found.state === "damaged" ? "unprocessable" : "conflict",
      `The built index cannot be used: ${found.reason}.${removed}`,
    );
  };

  return {
    adopt,
    adoptAtStart: async (collection) => {
      const { name } = collection.record;
      try {
        const { sequence, image, text } = await adopt(collection);
        const [gone, added] = [Math.max(image.gone, text.gone), Math.max(image.added, text.added)];
        log.info(
          `the index built at sequence ${sequence} is adopted (${gone} vectors hidden, ${added} to insert)`,
          { collection: name },
        );
      } catch (error) {
        if (!isAnchorageError(error) || error.code !== "not-found")
          log.warn(`no built index is adopted: ${messageOf(error)}`, { collection: name });
      }
    },
    forget: async (collection) => {
      if (await forgetGone(folderOf(collection), buildSubject(collection)))
        log.info("the built index is removed, for it held what is gone", {
          collection: collection.record.name,
        });
    },
    remove: async (name) => {
      await removeAll(builtFolder(directory, name));
    },
    removeLost: async (present) => {
      const known = new Set<string>(present.map(({ name }) => name));
      const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
      for (const entry of entries)
        if (entry.isDirectory() && !known.has(entry.name)) await removeAll(join(directory, entry.name));
    },
  };
};

const folderBytes = async (folder: string): Promise<number> => {
  const names = await readdir(folder);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
};

const buildSubject = ({ record, space, defaults }: Indexed): BuildSubject => {
  const { collection, encoders } = subjectOf(record);
  const { name, createdAt } = collection;
  return { collection: { name, createdAt }, encoders, transform: defaults().transform, view: space.view() };
};

const noneBuilt = ({ name }: CollectionRecord): AnchorageError =>
  new AnchorageError(
    "not-found",
    `No index was built for collection "${name}"; npm run build-index -- --collection ${name} builds one.`,
  );

import type { AtLeast } from "../api/collections.ts";
import { AnchorageError, isAnchorageError, messageOf } from "../errors.ts";
import { type CollectionRecord, type Store, findCollection, listCollections } from "../store/index.ts";
import type { CollectionName, Log, Sequence } from "../types.ts";
import type { BuiltIndexes } from "./built-indexes.ts";
import { haveEncoders, type Loader } from "./load.ts";
import type { Beyond, OpenCollection } from "./memory.ts";
import type { Snapshots } from "./snapshots.ts";

/** How long a query with `minSequence` waits. */
const WAIT_MS = 5_000;
/** How long a question about readiness waits for memory to catch up. */
const READY_WITHIN_MS = 1_000;
/** A collection that moves again and again while a write is prepared is not written to for ever. */
const TRIES = 3;
const NAMES_SHOWN = 10;

/** Which collections are in memory, and how each comes there, goes, or gives way to another memory of it. */
export interface Opened {
  readonly opened: ReadonlyMap<CollectionName, Promise<OpenCollection>>;
  readonly loading: () => CollectionName[];
  /** Whether memory has what Postgres had of the collection at its record's sequence. */
  readonly hasCaughtUp: (record: CollectionRecord) => Promise<boolean>;
  readonly open: (record: CollectionRecord) => Promise<OpenCollection>;
  /** @throws AnchorageError `not-found` */
  readonly find: (name: CollectionName) => Promise<OpenCollection>;
  /** The collection as of `minSequence` at least. @throws AnchorageError `unavailable` where that does not come */
  readonly findAt: (name: CollectionName, at?: AtLeast) => Promise<OpenCollection>;
  /** Writes to a collection; once more to what has taken its place where it moved to other encoders meanwhile. */
  readonly writeTo: <T>(
    name: CollectionName,
    write: (collection: OpenCollection) => Promise<T>,
  ) => Promise<T>;
  /** Puts `next` in the place of `old`: from the next request on it is the collection. */
  readonly swap: (old: OpenCollection, next: OpenCollection) => void;
  readonly beyond: Beyond;
  /** Drops a memory of a collection; another that took its name since stays. */
  readonly forget: (name: CollectionName, collection: Promise<OpenCollection> | undefined) => Promise<void>;
  /** Forgets a collection that Postgres no longer has, and removes its files. */
  readonly lose: (name: CollectionName, collection: Promise<OpenCollection> | undefined) => Promise<void>;
  /** Does something to a collection, and loses it where Postgres no longer has it. */
  readonly forgettingLost: <T>(name: CollectionName, work: () => Promise<T>) => Promise<T>;
}

export const createOpened = (
  store: Store,
  loader: Loader,
  snapshots: Snapshots | undefined,
  built: BuiltIndexes | undefined,
  log: Log,
): Opened => {
  const opened = new Map<CollectionName, Promise<OpenCollection>>();
  /** Keys tell collections of one name apart, and grow. */
  const keys = new WeakMap<Promise<OpenCollection>, number>();
  const loading = new Set<CollectionName>();
  const replacing = new Map<number, Promise<void>>();

  const open: Opened["open"] = (record) => {
    const known = opened.get(record.name);
    // One of a lower key was deleted, even where its memory has not gone yet.
    if (known !== undefined && (keys.get(known) ?? 0) >= record.key) return known;
    if (known !== undefined) void forget(record.name, known);
    loading.add(record.name);
    const collection = loader.load(record, beyond);
    keys.set(collection, record.key);
    opened.set(record.name, collection);
    collection
      .catch((error: unknown) => {
        // Forgotten, so that the next request tries again.
        if (opened.get(record.name) === collection) opened.delete(record.name);
        log.error(`it could not be loaded: ${messageOf(error)}`, { collection: record.name });
      })
      .finally(() => {
        if ([collection, undefined].includes(opened.get(record.name))) loading.delete(record.name);
      });
    return collection;
  };

  const hasCaughtUp: Opened["hasCaughtUp"] = async ({ name, key, sequence }) => {
    const collection = loading.has(name) ? undefined : opened.get(name);
    const here = await collection?.catch(() => undefined);
    if (here?.record.key !== key) return false;
    await here.catchUp(sequence).catch(() => undefined);
    return here.reaches(sequence, READY_WITHIN_MS);
  };

  const find: Opened["find"] = async (name) => {
    const known = opened.get(name);
    if (known !== undefined) return known;
    const record = await findCollection(store, name);
    if (record === null) throw await missingCollection(store, name);
    return open(record);
  };

  const findAt: Opened["findAt"] = async (name, { minSequence } = {}) => {
    if (minSequence === undefined) return find(name);
    // What is said has often not come through yet when the answer to the write has.
    await (await find(name)).catchUp(minSequence);
    for (let collection = await find(name); ;) {
      if (await collection.reaches(minSequence, WAIT_MS)) return collection;
      // Another may have taken its place while it was waited for.
      const present = await find(name);
      if (present === collection) throw tooEarly(collection, minSequence);
      collection = present;
    }
  };

  const forget: Opened["forget"] = async (name, collection) => {
    if (opened.get(name) === collection) opened.delete(name);
    await collection?.then(
      (open) => open.close(),
      () => undefined,
    );
  };

  const lose: Opened["lose"] = async (name, collection) => {
    await forget(name, collection);
    try {
      await (await collection?.catch(() => undefined))?.snapshots?.close();
      const present = await listCollections(store);
      await snapshots?.removeLost(present);
      if (!present.some((record) => record.name === name)) await built?.remove(name);
    } catch (error) {
      log.warn(`its files could not be removed: ${messageOf(error)}`, { collection: name });
    }
  };

  const forgettingLost: Opened["forgettingLost"] = async (name, work) => {
    const collection = opened.get(name);
    try {
      return await work();
    } catch (error) {
      if (error instanceof AnchorageError && error.code === "not-found") await lose(name, collection);
      throw error;
    }
  };

  const swap: Opened["swap"] = (old, next) => {
    const swapped = Promise.resolve(next);
    keys.set(swapped, next.record.key);
    opened.set(next.record.name, swapped);
    old.retire();
    old.close();
  };

  /** Reads a collection that has moved aside, while what is here of it goes on answering, and puts it in its place. */
  const replace = async ({ name, key }: CollectionRecord): Promise<void> => {
    const here = await opened.get(name);
    const present = await findCollection(store, name);
    if (here?.record.key !== key || present?.key !== key || haveEncoders(here.record, present)) return;
    log.info("it has moved to other encoders; reading it anew", { collection: name });
    const next = await loader.load(present, beyond);
    swap(here, next);
    await renewFiles(here, next, built).catch((error: unknown) =>
      log.warn(`files of its former encoders stay: ${messageOf(error)}`, { collection: name }),
    );
  };

  const beyond: Beyond = {
    onGap: (record) => {
      log.warn("writes since are no longer on record; reading it anew", { collection: record.name });
      void forget(record.name, opened.get(record.name));
      void open(record).catch(() => undefined);
    },
    onMoved: (record) => {
      let replaced = replacing.get(record.key);
      if (replaced === undefined) {
        replaced = replace(record).finally(() => replacing.delete(record.key));
        replacing.set(record.key, replaced);
      }
      return replaced;
    },
  };

  const writeTo: Opened["writeTo"] = async (name, write) => {
    for (let tries = 1; ; tries++) {
      const collection = await find(name);
      try {
        return await forgettingLost(name, () => write(collection));
      } catch (error) {
        if (!isAnchorageError(error) || error.code !== "conflict" || tries === TRIES) throw error;
        await beyond.onMoved(collection.record);
      }
    }
  };

  return {
    ...{ opened, open, find, findAt, writeTo, swap, beyond, forget, lose, forgettingLost, hasCaughtUp },
    loading: () => [...loading],
  };
};

/** Nothing of the former encoders stays in files. */
export const renewFiles = async (
  old: OpenCollection,
  next: OpenCollection,
  built: BuiltIndexes | undefined,
): Promise<void> => {
  await old.snapshots?.close();
  await next.snapshots?.renew();
  await built?.forget(next);
};

const tooEarly = ({ record, space }: OpenCollection, minSequence: Sequence): AnchorageError =>
  new AnchorageError(
    "unavailable",
    `minSequence: collection "${record.name}" is at ${space.sequence()} here and did not reach ${minSequence} within ${WAIT_MS / 1000} s.`,
  );

/** A `not-found` error that names the collections that there are. */
const missingCollection = async (store: Store, name: string): Promise<AnchorageError> => {
  const names = (await listCollections(store)).map((collection) => collection.name);
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : "";
  const there =
    names.length === 0
      ? "There is none yet."
      : `There are: ${names.slice(0, NAMES_SHOWN).join(", ")}${more}.`;
  return new AnchorageError("not-found", `There is no collection "${name}". ${there}`);
};

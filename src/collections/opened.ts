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
/** How long a readiness check waits for memory to catch up. */
const READY_WITHIN_MS = 1_000;
/** How often a write is retried if its collection moves to other encoders meanwhile. */
const TRIES = 3;
const NAMES_SHOWN = 10;

/** The collections in memory: loads, finds, replaces and drops them. */
export interface Opened {
  readonly opened: ReadonlyMap<CollectionName, Promise<OpenCollection>>;
  readonly loading: () => CollectionName[];
  /** Whether memory has reached the sequence of the collection's record in Postgres. */
  readonly hasCaughtUp: (record: CollectionRecord) => Promise<boolean>;
  readonly open: (record: CollectionRecord) => Promise<OpenCollection>;
  /** @throws AnchorageError `not-found` */
  readonly find: (name: CollectionName) => Promise<OpenCollection>;
  /** The collection as of `minSequence` at least. @throws AnchorageError `unavailable` if it is not reached in time */
  readonly findAt: (name: CollectionName, at?: AtLeast) => Promise<OpenCollection>;
  /** Writes to a collection; retries on its replacement if it moves to other encoders meanwhile. */
  readonly writeTo: <T>(
    name: CollectionName,
    write: (collection: OpenCollection) => Promise<T>,
  ) => Promise<T>;
  /** Replaces `old` by `next`, from the next request on. */
  readonly swap: (old: OpenCollection, next: OpenCollection) => void;
  readonly beyond: Beyond;
  /** Drops a collection from memory, unless another has taken its name. */
  readonly forget: (name: CollectionName, collection: Promise<OpenCollection> | undefined) => Promise<void>;
  /** Forgets a collection that Postgres no longer has, and removes its files. */
  readonly lose: (name: CollectionName, collection: Promise<OpenCollection> | undefined) => Promise<void>;
  /** Runs `work` on a collection, and forgets it if Postgres no longer has it. */
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
  /** Database keys, which distinguish collections of the same name; a later one is larger. */
  const keys = new WeakMap<Promise<OpenCollection>, number>();
  const loading = new Set<CollectionName>();
  const replacing = new Map<number, Promise<void>>();

  const open: Opened["open"] = (record) => {
    const known = opened.get(record.name);
    // A collection with a lower key was deleted, even if it is still in memory.
    if (known !== undefined && (keys.get(known) ?? 0) >= record.key) return known;
    if (known !== undefined) void forget(record.name, known);
    loading.add(record.name);
    const collection = loader.load(record, beyond);
    keys.set(collection, record.key);
    opened.set(record.name, collection);
    collection
      .catch((error: unknown) => {
        // So that the next request tries again.
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
    // Postgres's notification often arrives after the answer to the write.
    await (await find(name)).catchUp(minSequence);
    for (let collection = await find(name); ;) {
      if (await collection.reaches(minSequence, WAIT_MS)) return collection;
      // It may have been replaced while this waited.
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

  /** Loads a collection that has moved to other encoders, while the old memory keeps answering, and swaps it in. */
  const replace = async ({ name, key }: CollectionRecord): Promise<void> => {
    const here = await opened.get(name);
    const present = await findCollection(store, name);
    if (here?.record.key !== key || present?.key !== key || haveEncoders(here.record, present)) return;
    log.info("it has moved to other encoders; reading it again", { collection: name });
    const next = await loader.load(present, beyond);
    swap(here, next);
    await renewFiles(here, next, built).catch((error: unknown) =>
      log.warn(`files of its former encoders stay: ${messageOf(error)}`, { collection: name }),
    );
  };

  const beyond: Beyond = {
    onGap: (record) => {
      log.warn("later writes are no longer on record; reading it again", { collection: record.name });
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

/** Removes vectors of the former encoders from files. */
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

import { isAnchorageError } from "../errors.ts";
import { type CollectionRecord, type News, type Store, listCollections } from "../store/index.ts";
import type { CollectionName, Log } from "../types.ts";
import type { OpenCollection } from "./memory.ts";

/** Time between two queries for changes whose notification was missed. */
const POLL_MS = 1_000;

export interface Followed {
  readonly opened: ReadonlyMap<CollectionName, Promise<OpenCollection>>;
  /** A collection that this process has not opened. */
  readonly appeared: (record: CollectionRecord) => void;
  /** One that Postgres does not have any more. */
  readonly vanished: (name: CollectionName, collection: Promise<OpenCollection>) => Promise<void>;
}

/** Applies the writes of other processes on the same Postgres to memory. */
export const followOthers = (
  store: Store,
  { opened, appeared, vanished }: Followed,
  log: Log,
): { readonly close: () => Promise<void> } => {
  const closing = new AbortController();
  /** If Postgres is unavailable, the next round tries again. */
  const passing = (error: unknown): void => {
    if (!isAnchorageError(error)) log.error("defect while following other processes", { error });
  };
  let round: Promise<void> | undefined;
  let again = false;

  const catchUp = async (collection: Promise<OpenCollection>, news: NonNullable<News>): Promise<void> => {
    const { record, catchUp } = await collection;
    if (record.key === news.collection) await catchUp(news.sequence);
  };

  /** Not awaited: a collection that is still loading must not delay the others. */
  const settle = async (
    collection: Promise<OpenCollection>,
    there: CollectionRecord | undefined,
    vanish: () => Promise<void>,
  ): Promise<void> => {
    const here = await collection.catch(() => undefined);
    if (here === undefined) return;
    if (there?.key === here.record.key) await here.catchUp(there.sequence);
    else await vanish();
  };

  const compare = async (): Promise<void> => {
    // Taken first, because a collection opened meanwhile may be newer than the answer of Postgres.
    const before = [...opened];
    const records = await listCollections(store);
    const byName = new Map(records.map((record) => [record.name, record]));
    for (const [name, collection] of before)
      settle(collection, byName.get(name), () => vanished(name, collection)).catch(passing);
    if (closing.signal.aborted) return;
    for (const record of records) if (!opened.has(record.name)) appeared(record);
  };

  /** One round at a time; a call during a round starts another one after it. */
  const look = (): Promise<void> => {
    if (closing.signal.aborted) return Promise.resolve();
    again = true;
    round ??= (async () => {
      while (again && !closing.signal.aborted) {
        again = false;
        await compare().catch(passing);
      }
    })().finally(() => {
      round = undefined;
    });
    return round;
  };

  const following = store.follow((news) => {
    if (news === null) void look();
    else for (const collection of opened.values()) catchUp(collection, news).catch(passing);
  });
  const timer = setInterval(() => void look(), POLL_MS);
  timer.unref();

  return {
    close: async () => {
      closing.abort();
      clearInterval(timer);
      await following.close();
      await round;
    },
  };
};

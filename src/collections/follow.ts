import { isAnchorageError } from "../errors.ts";
import { type CollectionRecord, type News, type Store, listCollections } from "../store/index.ts";
import type { CollectionName, Log } from "../types.ts";
import type { OpenCollection } from "./memory.ts";

/** How often Postgres is asked, for what was said while nobody listened. */
const POLL_MS = 1_000;

export interface Followed {
  readonly opened: ReadonlyMap<CollectionName, Promise<OpenCollection>>;
  /** A collection that this process has not opened. */
  readonly appeared: (record: CollectionRecord) => void;
  /** One that Postgres does not have any more. */
  readonly vanished: (name: CollectionName, collection: Promise<OpenCollection>) => Promise<void>;
}

/** Keeps what is in memory up with what other processes write to the same Postgres. */
export const followOthers = (
  store: Store,
  { opened, appeared, vanished }: Followed,
  log: Log,
): { readonly close: () => Promise<void> } => {
  const closing = new AbortController();
  /** Where Postgres is away, the next round is soon enough. */
  const passing = (error: unknown): void => {
    if (!isAnchorageError(error)) log.error("defect while following other processes", { error });
  };
  let round: Promise<void> | undefined;
  let again = false;

  const catchUp = async (collection: Promise<OpenCollection>, news: NonNullable<News>): Promise<void> => {
    const { record, catchUp } = await collection;
    if (record.key === news.collection) await catchUp(news.sequence);
  };

  /** Not waited for: one that is still being loaded must not keep the others behind. */
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
    // Taken first: what is opened while Postgres answers may be newer than the answer.
    const before = [...opened];
    const records = await listCollections(store);
    const byName = new Map(records.map((record) => [record.name, record]));
    for (const [name, collection] of before)
      settle(collection, byName.get(name), () => vanished(name, collection)).catch(passing);
    if (closing.signal.aborted) return;
    for (const record of records) if (!opened.has(record.name)) appeared(record);
  };

  /** One at a time; what is asked for during a round is seen to by the next. */
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

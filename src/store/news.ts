import { sql, type SQL } from "drizzle-orm";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { messageOf } from "../errors.ts";
import type { Log, Sequence } from "../types.ts";
import type { Following, News } from "./types.ts";

const CHANNEL = "anchorage_news";
const RECONNECT_AFTER_MS = 500;
const CONNECT_WITHIN_MS = 10_000;

/** A SQL expression that notifies all processes on this database when its transaction commits. */
export const announcement = (news: News): SQL => {
  const text = news === null ? "" : `${news.collection} ${news.sequence}`;
  return sql`pg_notify(${CHANNEL}, ${text})`;
};

const parse = (text: string | undefined): News => {
  const [, collection, sequence] = /^(\d+) (\d+)$/.exec(text ?? "") ?? [];
  return collection === undefined
    ? null
    : { collection: Number(collection), sequence: Number(sequence) as Sequence };
};

/**
 * Listens for notifications on its own connection and reconnects whenever it breaks. After each connect `onNews` is
 * called with `null`, because earlier notifications may have been missed.
 */
export const followNews = (
  connection: pg.ClientConfig,
  onNews: (news: News) => void,
  log: Log,
): Following => {
  const closing = new AbortController();

  const listen = async (): Promise<void> => {
    const client = new pg.Client({
      ...connection,
      connectionTimeoutMillis: CONNECT_WITHIN_MS,
      application_name: "anchorage news",
      keepAlive: true,
    });
    let leave = (): void => undefined;
    const lost = new Promise<void>((resolve) => {
      leave = resolve;
      client.once("end", resolve);
      client.on("error", () => resolve());
    });
    closing.signal.addEventListener("abort", leave, { once: true });
    client.on("notification", ({ payload }) => onNews(parse(payload)));
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      onNews(null);
      await lost;
      if (!closing.signal.aborted)
        log.warn("lost the connection for notifications of other processes' writes; polling every second");
    } finally {
      closing.signal.removeEventListener("abort", leave);
      await client.end().catch(() => undefined);
    }
  };

  const follow = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      // No log: if Postgres is down, every request reports it already.
      await listen().catch(() => undefined);
      await pause(RECONNECT_AFTER_MS, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  };

  const following = follow().catch((error: unknown) =>
    log.warn(`not following other processes: ${messageOf(error)}`),
  );
  return {
    close: async () => {
      closing.abort();
      await following;
    },
  };
};

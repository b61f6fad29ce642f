import { setTimeout as pause } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { AnchorageError } from "../errors.ts";
import type { Database } from "./database.ts";
import type { Store } from "./types.ts";

const READERS_WITHIN_MS = 10_000;
const POLL_MS = 50;
/** Those from which rows of anchors are deleted. */
const TABLES = [
  ...["anchors", "vectors", "images", "originals"],
  ...["transforms", "label_vectors", "projections", "changes"],
];

/**
 * Makes Postgres reclaim deleted rows of all collections. `rewrite` rewrites tables and indexes, so that their files
 * contain only live rows, and locks them meanwhile. `vacuum` takes no exclusive lock, but the bytes of reclaimed rows
 * remain in the files until they are overwritten.
 *
 * @param readersWithinMs for `rewrite`: how long to wait for transactions that may still read deleted rows; default 10 s
 * @throws AnchorageError `unavailable` if such a transaction continues, because a rewrite would keep the deleted rows
 */
export const vacuum = async (
  database: Database,
  how: "vacuum" | "rewrite",
  readersWithinMs = READERS_WITHIN_MS,
): Promise<void> => {
  if (how === "rewrite") {
    await outlastReaders(database, readersWithinMs);
    await database.requireSpace({ bytes: await largestTable(database) });
  }
  const options = how === "rewrite" ? "(FULL)" : "";
  await database.query((queries) => queries.execute(sql.raw(`VACUUM ${options} ${TABLES.join(", ")}`)));
};

/** Bytes of the largest table with its indexes. A rewrite copies one table after the other. */
const largestTable = async (database: Database): Promise<number> => {
  const { rows } = await database.query((queries) =>
    queries.execute<{ bytes: string }>(
      sql`SELECT max(pg_total_relation_size(name::regclass)) AS bytes FROM unnest(${sql.param(TABLES)}::text[]) AS name`,
    ),
  );
  return Number(rows[0]?.bytes ?? 0);
};

/**
 * Makes the embedded server drop the segments of its write-ahead log that were written so far, because they hold the
 * rows that were erased. So may segments that were made in advance from old ones: they are passed as well. Another server
 * may need its log for replicas and backups, so that nothing is done there.
 */
export const dropLog = async (store: Pick<Store, "server" | "query">): Promise<void> => {
  if (store.server !== "embedded") return;
  const { rows } = await store.query((queries) =>
    queries.execute<{ current: string; last: string }>(sql`
      SELECT pg_walfile_name(pg_current_wal_lsn()) AS current, max(name) AS last FROM pg_ls_waldir()
      WHERE name ~ '^[0-9A-F]{24}$'`),
  );
  const ahead = rows[0] === undefined ? 0 : segmentOf(rows[0].last) - segmentOf(rows[0].current);
  for (let segment = 0; segment <= ahead; segment++) {
    // A segment in which nothing was written is not switched.
    await store.query((queries) =>
      queries.execute(sql`SELECT pg_logical_emit_message(false, 'anchorage', 'erased')`),
    );
    await store.query((queries) => queries.execute(sql`SELECT pg_switch_wal()`));
  }
  await store.query((queries) => queries.execute(sql`CHECKPOINT`));
};

/** The number of a segment by its file's name: a timeline and two numbers; the second counts to 256. */
const segmentOf = (name: string): number =>
  parseInt(name.slice(8, 16), 16) * 256 + parseInt(name.slice(16), 16);

/** Waits until all transactions that started before the call have ended. */
const outlastReaders = async (database: Database, withinMs: number): Promise<void> => {
  const now = await currentTransaction(database);
  const deadline = performance.now() + withinMs;
  for (;;) {
    const reader = await readerSince(database, now);
    if (reader === null) return;
    if (performance.now() > deadline)
      throw new AnchorageError(
        "unavailable",
        `Nothing can be erased while ${reader} may still read what was deleted; try again when it has ended.`,
      );
    await pause(POLL_MS);
  }
};

const currentTransaction = async (database: Database): Promise<string> => {
  const { rows } = await database.query((queries) =>
    queries.execute<{ id: string }>(sql`SELECT pg_current_xact_id()::text AS id`),
  );
  return rows[0]?.id ?? "0";
};

/**
 * Finds who keeps rows deleted before transaction `now` from being reclaimed: an older snapshot of this database, or an
 * older running write in any database, since every snapshot's horizon is the oldest running write (PostgreSQL's
 * procarray.c, ComputeXidHorizons).
 */
const readerSince = async (database: Database, now: string): Promise<string | null> => {
  const { rows } = await database.query((queries) =>
    queries.execute<{ reader: string }>(sql`
      WITH held AS (
        SELECT 'process ' || pid || ' of Postgres (' || application_name || ')' AS reader,
               CASE WHEN datname = current_database() OR datname IS NULL
                 THEN greatest(age(backend_xmin), age(backend_xid)) ELSE age(backend_xid) END AS age
        FROM pg_stat_activity WHERE pid <> pg_backend_pid()
        UNION ALL
        SELECT 'the prepared transaction ' || gid, age(transaction) FROM pg_prepared_xacts
        UNION ALL
        SELECT 'the replication slot ' || slot_name, age(xmin) FROM pg_replication_slots
        UNION ALL
        SELECT 'a transaction of another user', age(pg_snapshot_xmin(pg_current_snapshot())::xid)
      )
      SELECT reader FROM held WHERE age > age(${now}::xid8::xid) ORDER BY age DESC, reader DESC LIMIT 1`),
  );
  return rows[0]?.reader ?? null;
};

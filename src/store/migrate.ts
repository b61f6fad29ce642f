import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/node-postgres";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
import { AnchorageError } from "../errors.ts";
import { asDomainError } from "./trouble.ts";

const MIGRATIONS = fileURLToPath(new URL("../../migrations", import.meta.url));
/** Key of the advisory lock, arbitrary but unused by other programs in this database: the letters "anch". */
export const MIGRATION_LOCK = 0x61_6e_63_68;
const OLDEST_SERVER = 140_000;
const CONNECT_WITHIN_MS = 10_000;

/**
 * Migrates the tables of a database to this version. Concurrent migrations are serialised.
 *
 * @throws AnchorageError `unavailable` if the server cannot be reached, is older than version 14 or does not use UTF-8, or
 * if a newer version of Anchorage has migrated the database
 */
export const migrateDatabase = async (connection: pg.ClientConfig): Promise<void> => {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: CONNECT_WITHIN_MS });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await checkServer(client);
    await client.query("SELECT pg_advisory_lock($1)", [MIGRATION_LOCK]);
    await refuseNewer(client);
    // The lock is released when the connection closes.
    await migrate(drizzle(client), { migrationsFolder: MIGRATIONS });
  } catch (error) {
    throw asDomainError(error);
  } finally {
    await client.end();
  }
};

/** Tables of a newer version would be written to in ways that it does not expect. */
const refuseNewer = async (client: pg.Client): Promise<void> => {
  const { rows } = await client.query<{ exists: boolean }>(
    "SELECT to_regclass('drizzle.__drizzle_migrations') IS NOT NULL AS exists",
  );
  if (rows[0]?.exists !== true) return;
  const known = Math.max(
    ...readMigrationFiles({ migrationsFolder: MIGRATIONS }).map((each) => each.folderMillis),
  );
  const { rows: applied } = await client.query(
    "SELECT 1 FROM drizzle.__drizzle_migrations WHERE created_at > $1 LIMIT 1",
    [known],
  );
  if (applied.length > 0)
    throw new AnchorageError(
      "unavailable",
      "A newer version of Anchorage has changed the tables. Start that version, or restore a backup made before.",
    );
};

/** The number of migrations that this version has. */
export const countMigrations = (): number => readMigrationFiles({ migrationsFolder: MIGRATIONS }).length;

/** The number of migrations that a database has seen; 0 if it has no tables of Anchorage. */
export const appliedMigrations = async (client: pg.ClientBase): Promise<number> => {
  const { rows: found } = await client.query<{ there: boolean }>(
    "SELECT to_regclass('drizzle.__drizzle_migrations') IS NOT NULL AS there",
  );
  if (found[0]?.there !== true) return 0;
  const { rows } = await client.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM drizzle.__drizzle_migrations",
  );
  return rows[0]?.count ?? 0;
};

/**
 * Applies migrations up to number `count` within the transaction of `client`, as {@link migrateDatabase} does in one of its
 * own: for a restore, whose rows are of an older version and whose tables are to vanish if it fails.
 */
export const migrateWithin = async (client: pg.ClientBase, count: number): Promise<void> => {
  const before = await appliedMigrations(client);
  await client.query("CREATE SCHEMA IF NOT EXISTS drizzle");
  await client.query(
    "CREATE TABLE IF NOT EXISTS drizzle.__drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint)",
  );
  for (const { sql, hash, folderMillis } of readMigrationFiles({ migrationsFolder: MIGRATIONS }).slice(
    before,
    count,
  )) {
    for (const statement of sql) await client.query(statement);
    await client.query("INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ($1, $2)", [
      hash,
      folderMillis,
    ]);
  }
};

/** @throws AnchorageError `unavailable` if the server is older than version 14 or does not use UTF-8 */
export const checkServer = async (client: pg.ClientBase): Promise<void> => {
  const { rows } = await client.query<{ version: number; shown: string; encoding: string }>(
    `SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS shown,
            current_setting('server_encoding') AS encoding`,
  );
  const [server] = rows;
  if (server === undefined) return;
  if (server.version < OLDEST_SERVER)
    throw new AnchorageError("unavailable", `Postgres ${server.shown} is too old: 14 or newer is needed.`);
  if (server.encoding !== "UTF8")
    throw new AnchorageError("unavailable", `The database's encoding is ${server.encoding}; UTF8 is needed.`);
};

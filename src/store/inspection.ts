import { stat } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { AnchorageError } from "../errors.ts";
import type { Log } from "../types.ts";
import { connectionOf } from "./connection.ts";
import { lockDataDir } from "./data-dir-lock.ts";
import { openDatabase, type Database } from "./database.ts";
import { findEmbedded, startEmbedded } from "./embedded/index.ts";
import { aboutExternal, knownInstallation, type StoreOptions } from "./open.ts";

/** A connection to a store for reading, beside a running service or without one. */
export interface Inspection {
  readonly server: "embedded" | "external";
  /** Whether this process holds DATA_DIR, so that no service runs on it. */
  readonly isAlone: boolean;
  /** For functions of this module that read. */
  readonly database: Database;
  readonly close: () => Promise<void>;
}

/**
 * Opens an inspection: connects to the Postgres of a running service, or starts the embedded server if none is running.
 * No table is changed.
 *
 * @throws AnchorageError `not-found` if DATA_DIR or the database contains no store, `data-dir-busy` if another process
 * holds DATA_DIR without a running Postgres, `unavailable` if Postgres does not respond
 * @example
 * ```ts
 * const inspection = await openInspection({ dataDir, databaseUrl: null, log });
 * const collection = await findCollection(inspection.database, name);
 * await inspection.close();
 * ```
 */
export const openInspection = async (options: StoreOptions): Promise<Inspection> => {
  const { dataDir, databaseUrl, log } = options;
  const server = databaseUrl === null ? "embedded" : "external";
  if ((await stat(dataDir).catch(() => null)) === null) throw noStore(dataDir);
  const { url, isAlone, leave } =
    databaseUrl === null
      ? await reach(dataDir, log)
      : { url: databaseUrl, isAlone: false, leave: () => Promise.resolve() };
  const database = openDatabase(connectionOf(url), await knownInstallation(dataDir), log);
  const close = async (): Promise<void> => {
    await database.close();
    await leave();
  };
  try {
    await requireTables(database);
    return { database, isAlone, server, close };
  } catch (error) {
    await close();
    throw databaseUrl === null ? error : aboutExternal(databaseUrl, error);
  }
};

/** Checks for the table that was added last, because an inspection does not migrate. */
const requireTables = async (database: Database): Promise<void> => {
  const { rows } = await database.query((queries) =>
    queries.execute<{ there: boolean }>(sql`SELECT to_regclass('service_receipts') IS NOT NULL AS there`),
  );
  if (rows[0]?.there !== true)
    throw new AnchorageError(
      "not-found",
      "No service of this version has been started on the database, whose receipts have an older form.",
    );
};

const noStore = (dataDir: string): AnchorageError =>
  new AnchorageError("not-found", `${dataDir} holds no store. Set DATA_DIR to the service's.`);

interface Reached {
  readonly url: string;
  readonly isAlone: boolean;
  readonly leave: () => Promise<void>;
}

const reach = async (dataDir: string, log: Log): Promise<Reached> => {
  const there = await stat(join(dataDir, "postgres", "PG_VERSION")).catch(() => null);
  if (there === null) throw noStore(dataDir);
  const running = await findEmbedded(dataDir);
  if (running !== null) return { url: running.url, isAlone: false, leave: running.close };
  const lock = await lockDataDir(dataDir);
  try {
    const embedded = await startEmbedded({ dataDir, log });
    const leave = (): Promise<void> => embedded.stop().finally(() => lock.release());
    return { url: embedded.url, isAlone: true, leave };
  } catch (error) {
    await lock.release();
    throw error;
  }
};

import { rename, writeFile } from "node:fs/promises";
import pg from "pg";
import type { Log } from "../types.ts";
import { connectionOf } from "./connection.ts";
import { lockDataDir } from "./data-dir-lock.ts";
import { startEmbedded } from "./embedded/index.ts";
import { checkServer, MIGRATION_LOCK } from "./migrate.ts";
import { aboutExternal, installationFile, knownInstallation } from "./open.ts";
import { closeToOthers } from "./private-files.ts";
import { asDomainError } from "./trouble.ts";

/** A database that a backup is restored into; this process holds its DATA_DIR. */
export interface RestoreTarget {
  readonly server: "embedded" | "external";
  /**
   * Runs `work` in one transaction without time limits, and commits if it resolves.
   *
   * @throws what `work` throws, as a domain error, and then nothing is changed
   */
  readonly transaction: <T>(work: (client: pg.ClientBase) => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
}

const CONNECT_WITHIN_MS = 10_000;

/**
 * Opens a database for a restore: locks DATA_DIR, starts the embedded server or connects to `databaseUrl`, and migrates
 * nothing.
 *
 * @throws AnchorageError `data-dir-busy` if another process holds DATA_DIR, `unavailable` if Postgres does not respond, is
 * older than version 14, or does not use UTF-8
 */
export const openRestoreTarget = async (options: {
  readonly dataDir: string;
  readonly databaseUrl: string | null;
  readonly log: Log;
}): Promise<RestoreTarget> => {
  const { dataDir, databaseUrl, log } = options;
  const lock = await lockDataDir(dataDir);
  try {
    await closeToOthers(dataDir, log);
    const embedded = databaseUrl === null ? await startEmbedded({ dataDir, log }) : null;
    const stop = async (): Promise<void> => embedded?.stop();
    try {
      const client = await connect(embedded?.url ?? databaseUrl ?? "");
      return {
        server: embedded === null ? "external" : "embedded",
        transaction: (work) => within(client, work),
        close: async () => {
          await client.end();
          await stop();
          await lock.release();
        },
      };
    } catch (error) {
      await stop();
      throw databaseUrl === null ? error : aboutExternal(databaseUrl, error);
    }
  } catch (error) {
    await lock.release();
    throw error;
  }
};

const connect = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({
    ...connectionOf(url),
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    application_name: "anchorage restore",
    keepAlive: true,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await checkServer(client);
    return client;
  } catch (error) {
    await client.end();
    throw asDomainError(error);
  }
};

const within = async <T>(client: pg.Client, work: (client: pg.ClientBase) => Promise<T>): Promise<T> => {
  try {
    await client.query("BEGIN");
    // A backup from a pipe may pause, and one statement copies a whole table.
    for (const name of ["statement_timeout", "idle_in_transaction_session_timeout"])
      await client.query("SELECT set_config($1, '0', true)", [name]);
    await client.query("SELECT pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
    const result = await work(client);
    await client.query("COMMIT");
    return result;
  } catch (error) {
    // Ends the connection, because it may be in the middle of a COPY; the server then rolls back.
    await client.end().catch(() => undefined);
    throw asDomainError(error);
  }
};

/** Gives `dataDir` the id of the DATA_DIR that a backup was made of, unless it has one already. */
export const adoptInstallation = async (dataDir: string, id: string): Promise<void> => {
  if (id === "" || (await knownInstallation(dataDir)) !== "") return;
  const file = installationFile(dataDir);
  await writeFile(`${file}.new`, `${id}\n`, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
};

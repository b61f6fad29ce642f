import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import type pg from "pg";
import { AnchorageError, isAnchorageError } from "../errors.ts";
import type { Log } from "../types.ts";
import { openDatabase } from "./database.ts";
import { startEmbedded } from "./embedded/index.ts";
import { migrateDatabase } from "./migrate.ts";
import { followNews } from "./news.ts";
import type { Store } from "./types.ts";

export interface StoreOptions {
  /** Absolute; held by this process (see `lockDataDir`). */
  readonly dataDir: string;
  /** Another server than the embedded one. */
  readonly databaseUrl: string | null;
  readonly log: Log;
  /** How long a request waits for a connection, and for each lock that another holds; 30 s where absent. */
  readonly patienceMs?: number;
}

/**
 * Opens the store: starts the embedded PostgreSQL or reaches the one at `databaseUrl`, and migrates its tables.
 *
 * @throws AnchorageError `unavailable` where the server cannot be started or reached, is too old or not in UTF-8.
 */
export const openStore = async (options: StoreOptions): Promise<Store> => {
  const { dataDir, databaseUrl, log } = options;
  await mkdir(dataDir, { recursive: true });
  const installation = await installationOf(dataDir);
  if (databaseUrl !== null) {
    const connection = { connectionString: databaseUrl };
    await migrateDatabase(connection).catch((error: unknown) => {
      throw aboutExternal(databaseUrl, error);
    });
    return storeOn(connection, options, "external", installation, () => Promise.resolve());
  }
  const embedded = await startEmbedded({ dataDir, log });
  const connection = { connectionString: embedded.url };
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
  { log, patienceMs }: StoreOptions,
  server: Store["server"],
  installation: string,
  stopServer: () => Promise<void>,
): Store => {
  const database = openDatabase(connection, installation, log, patienceMs);
  return {
    ...database,
    server,
    ping: async () => {
      await database.query((queries) => queries.execute(sql`SELECT 1`));
    },
    follow: (onNews) => followNews(connection, onNews, log),
    close: async () => {
      await database.close();
      await stopServer();
    },
  };
};

/** The mark of a DATA_DIR, made once; jobs carry it, so that one installation does not end another's. */
const installationOf = async (dataDir: string): Promise<string> => {
  const known = await knownInstallation(dataDir);
  if (known !== "") return known;
  const id = randomUUID();
  const file = fileOf(dataDir);
  await writeFile(`${file}.new`, `${id}\n`, { flush: true });
  await rename(`${file}.new`, file);
  return id;
};

/** Empty where none was made. */
export const knownInstallation = async (dataDir: string): Promise<string> =>
  (await readFile(fileOf(dataDir), "utf8").catch(() => "")).trim();

const fileOf = (dataDir: string): string => join(dataDir, "installation.id");

/** Names the server as DATABASE_URL does, without what may be secret. */
export const aboutExternal = (databaseUrl: string, error: unknown): unknown => {
  const { code } = error as { code?: unknown };
  const shown = databaseUrl.replace(/\?.*$/s, "").replace(/\/\/.*@/s, "//");
  const { message } = error as Error;
  if (isAnchorageError(error))
    return new AnchorageError(error.code, `DATABASE_URL (${shown}): ${message}`, { cause: error });
  // Of what a server answers, all but a defect of ours is about who we are or which database it is.
  if (typeof code === "string" && /^(28|3D)/.test(code))
    return new AnchorageError("unavailable", `DATABASE_URL (${shown}): ${message}`, { cause: error });
  return error;
};

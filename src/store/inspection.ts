import { stat } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { AnchorageError } from "../errors.ts";
import type { AnchorId, CollectionName, Log } from "../types.ts";
import { findAnchors, idsInChanges } from "./anchor-reads.ts";
import { findCollection } from "./collections.ts";
import { lockDataDir } from "./data-dir-lock.ts";
import { openDatabase, type Database } from "./database.ts";
import { findEmbedded, startEmbedded } from "./embedded/index.ts";
import { aboutExternal, knownInstallation, type StoreOptions } from "./open.ts";
import { readFiles, type FilePart, type FilesRead } from "./raw-files.ts";
import { readRows, type RowsRead, type TableRow } from "./raw-rows.ts";
import { listReceipts } from "./receipts.ts";
import type { AnchorWithVectors, CollectionRecord, Receipt } from "./types.ts";

/** Read-only access to everything that Postgres stores: all rows, and the raw bytes of its files. */
export interface Inspection {
  readonly server: "embedded" | "external";
  /** Whether this process holds DATA_DIR, so that no service runs on it. */
  readonly isAlone: boolean;
  /** For the functions of this module that read. */
  readonly database: Database;
  readonly findCollection: (name: CollectionName) => Promise<CollectionRecord | null>;
  /** The whole receipt chain, with the erasures by the installation that owns this DATA_DIR. */
  readonly receipts: (collection: CollectionRecord) => Promise<Receipt[]>;
  readonly findAnchors: (
    collection: CollectionRecord,
    ids: readonly AnchorId[],
  ) => Promise<AnchorWithVectors[]>;
  /** Finds which of `ids` occur in the recorded writes. */
  readonly idsInChanges: (collection: CollectionRecord, ids: readonly AnchorId[]) => Promise<Set<AnchorId>>;
  /** Reads every row of every readable table, in one snapshot. */
  readonly rows: (onRow: (row: TableRow) => void) => Promise<RowsRead>;
  /**
   * Reads the files of the database, after a checkpoint, and the write-ahead log of the embedded server; null if this user
   * lacks the permission.
   */
  readonly files: (onPart: (part: FilePart) => void) => Promise<FilesRead | null>;
  readonly close: () => Promise<void>;
}

const CHAIN_PAGE = 500;

/**
 * Opens an inspection: connects to the Postgres of a running service, or starts the embedded server if none is running.
 * No table is changed.
 *
 * @throws AnchorageError `not-found` if DATA_DIR or the database contains no store, `data-dir-busy` if another process
 * holds DATA_DIR without a running Postgres, `unavailable` if Postgres does not respond
 * @example
 * ```ts
 * const inspection = await openInspection({ dataDir, databaseUrl: null, log });
 * const { rows } = await inspection.rows((row) => console.log(row.of));
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
  const database = openDatabase({ connectionString: url }, await knownInstallation(dataDir), log);
  const close = async (): Promise<void> => {
    await database.close();
    await leave();
  };
  try {
    await requireTables(database);
    return { ...inspect(database, server), database, isAlone, server, close };
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

const inspect = (
  database: Database,
  server: Inspection["server"],
): Omit<Inspection, "server" | "isAlone" | "database" | "close"> => ({
  findCollection: (name) => findCollection(database, name),
  receipts: async (collection) => {
    const chain: Receipt[] = [];
    for (;;) {
      const after = chain.at(-1)?.position ?? 0;
      const page = await listReceipts(database, collection, { after, limit: CHAIN_PAGE });
      chain.push(...page);
      if (page.length < CHAIN_PAGE) return chain;
    }
  },
  findAnchors: (collection, ids) => findAnchors(database, collection, ids),
  idsInChanges: (collection, ids) => idsInChanges(database, collection, ids),
  rows: (onRow) => readRows(database, onRow),
  files: (onPart) => readFiles(database, onPart, server === "embedded"),
});

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
  if (running !== null) return { url: running, isAlone: false, leave: () => Promise.resolve() };
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

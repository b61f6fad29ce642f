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

/** Postgres as it lies, for whoever must see everything that it holds: rows, and the bytes of its files. */
export interface Inspection {
  readonly server: "embedded" | "external";
  readonly findCollection: (name: CollectionName) => Promise<CollectionRecord | null>;
  /** The whole chain, with the states of the installation whose DATA_DIR this is. */
  readonly receipts: (collection: CollectionRecord) => Promise<Receipt[]>;
  readonly findAnchors: (
    collection: CollectionRecord,
    ids: readonly AnchorId[],
  ) => Promise<AnchorWithVectors[]>;
  /** Those of `ids` that the list of changes names. */
  readonly idsInChanges: (collection: CollectionRecord, ids: readonly AnchorId[]) => Promise<Set<AnchorId>>;
  /** Every row of every table that may be read, as of one moment. */
  readonly rows: (onRow: (row: TableRow) => void) => Promise<RowsRead>;
  /** The files of the database, after a checkpoint; null where this user may not read them. */
  readonly files: (onPart: (part: FilePart) => void) => Promise<FilesRead | null>;
  readonly close: () => Promise<void>;
}

const CHAIN_PAGE = 500;

/**
 * Reaches Postgres beside a service that runs, or starts the embedded one where none does. No table is changed.
 *
 * @throws AnchorageError `not-found` where DATA_DIR or the database holds no store, `data-dir-busy` where a process that holds it has
 * not started Postgres, `unavailable` where Postgres does not answer
 */
export const openInspection = async (options: StoreOptions): Promise<Inspection> => {
  const { dataDir, databaseUrl, log } = options;
  const server = databaseUrl === null ? "embedded" : "external";
  if ((await stat(dataDir).catch(() => null)) === null) throw noStore(dataDir);
  const { url, leave } =
    databaseUrl === null ? await reach(dataDir, log) : { url: databaseUrl, leave: () => Promise.resolve() };
  const database = openDatabase({ connectionString: url }, await knownInstallation(dataDir), log);
  const close = async (): Promise<void> => {
    await database.close();
    await leave();
  };
  try {
    await requireTables(database);
    return { ...inspect(database), server, close };
  } catch (error) {
    await close();
    throw databaseUrl === null ? error : aboutExternal(databaseUrl, error);
  }
};

/** Looks for the newest of ours: an inspection brings no table up to date. */
const requireTables = async (database: Database): Promise<void> => {
  const { rows } = await database.query((queries) =>
    queries.execute<{ there: boolean }>(sql`SELECT to_regclass('receipts') IS NOT NULL AS there`),
  );
  if (rows[0]?.there !== true)
    throw new AnchorageError(
      "not-found",
      "The database has no receipts: no service of this version has been started on it.",
    );
};

const inspect = (database: Database): Omit<Inspection, "server" | "close"> => ({
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
  files: (onPart) => readFiles(database, onPart),
});

const noStore = (dataDir: string): AnchorageError =>
  new AnchorageError("not-found", `${dataDir} holds no store. Set DATA_DIR to the service's.`);

interface Reached {
  readonly url: string;
  readonly leave: () => Promise<void>;
}

const reach = async (dataDir: string, log: Log): Promise<Reached> => {
  const there = await stat(join(dataDir, "postgres", "PG_VERSION")).catch(() => null);
  if (there === null) throw noStore(dataDir);
  const running = await findEmbedded(dataDir);
  if (running !== null) return { url: running, leave: () => Promise.resolve() };
  const lock = await lockDataDir(dataDir);
  try {
    const embedded = await startEmbedded({ dataDir, log });
    return { url: embedded.url, leave: () => embedded.stop().finally(() => lock.release()) };
  } catch (error) {
    await lock.release();
    throw error;
  }
};

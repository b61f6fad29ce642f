import type pg from "pg";
import { AnchorageError } from "../../errors.ts";
import { createRowSplitter } from "../../store/copy.ts";
import { appliedMigrations } from "../../store/migrate.ts";
import { readChains, requireWhole, type Chains } from "./chains.ts";
import type { BackupHeader, BackupSummary } from "./format.ts";
import type { LaterErasures } from "./later-erasures.ts";
import { createTableLoader } from "./load.ts";
import type { OpenBackup } from "./sources.ts";
import { CHAINS, readTables, SAVED } from "./tables.ts";

const GIVEN = "given_";

/**
 * Refuses a database that holds anything, or whose tables are newer than the backup's.
 *
 * @throws AnchorageError `conflict`
 */
export const requireEmpty = async (client: pg.ClientBase, migrations: number): Promise<void> => {
  for (const { name } of await readTables(client, Object.keys(SAVED))) {
    const { rows } = await client.query<{ filled: boolean }>(
      `SELECT EXISTS (SELECT 1 FROM ${name}) AS filled`,
    );
    if (rows[0]?.filled === true)
      throw new AnchorageError(
        "conflict",
        `There is something already, in the table ${name}; a backup is restored into an empty DATA_DIR or database.`,
      );
  }
  if ((await appliedMigrations(client)) > migrations)
    throw new AnchorageError(
      "conflict",
      "The tables are of a newer version than the backup; restore it where there are no tables yet.",
    );
};

/** Puts the receipts of a backup into temporary tables `given_...`, checks them and reads them. */
export const giveReceipts = async (
  client: pg.ClientBase,
  { header, place, read }: OpenBackup,
): Promise<Chains> => {
  const tables = new Map(
    header.tables.filter(({ name }) => CHAINS.includes(name)).map((table) => [table.name, table]),
  );
  for (const { name, columns } of tables.values())
    await client.query(
      `CREATE TEMPORARY TABLE ${GIVEN}${name} (${columns.map((column) => `"${column.name}" ${column.type}`).join(", ")}) ON COMMIT DROP`,
    );
  const loader = createTableLoader(client, GIVEN);
  let split = createRowSplitter();
  let before = "";
  await read(new Set(CHAINS), async (name, bytes) => {
    if (name !== before) split = createRowSplitter();
    before = name;
    const table = tables.get(name);
    if (table !== undefined) await loader.add(table, split(bytes));
  });
  await loader.end();
  const chains = await readChains(client, GIVEN);
  requireWhole(chains, place);
  return chains;
};

/** Goes on with keys where the saved database was. */
export const setLastKeys = async (client: pg.ClientBase, keys: BackupSummary["keys"]): Promise<void> => {
  for (const { table, column, last } of keys)
    await client.query("SELECT setval(pg_get_serial_sequence($1, $2)::regclass, $3)", [table, column, last]);
};

/**
 * Appends the later receipts to the restored chains, and moves each collection to the sequence of its last one, so that no
 * later write has the sequence of one that a receipt names.
 *
 * @param erased anchors that were left out, by the key of their collection
 */
export const recordLater = async (
  client: pg.ClientBase,
  { collections, serviceReceipts }: BackupHeader,
  { last }: LaterErasures,
  erased: ReadonlyMap<number, number>,
): Promise<void> => {
  for (const { key, receipts, sequence, anchorCount } of collections) {
    const newest = last.get(key);
    if (newest === undefined) continue;
    await appendGiven(client, "receipts", "collection = $1 AND position > $2", [
      key,
      receipts?.position ?? 0,
    ]);
    const reached = Math.max(sequence, newest.sequence);
    await client.query("UPDATE collections SET sequence = $2, anchor_count = $3 WHERE key = $1", [
      key,
      reached,
      anchorCount - (erased.get(key) ?? 0),
    ]);
    await client.query("DELETE FROM changes WHERE collection = $1", [key]);
    await client.query(
      "INSERT INTO changes (collection, sequence, kind, ids) VALUES ($1, $2, 'delete', '{}')",
      [key, reached],
    );
  }
  await appendGiven(client, "service_receipts", "position > $1", [serviceReceipts?.position ?? 0]);
};

const appendGiven = async (
  client: pg.ClientBase,
  table: string,
  where: string,
  values: readonly number[],
): Promise<void> => {
  const [given] = await readTables(client, [`${GIVEN}${table}`]);
  const columns = (given?.columns ?? []).map(({ name }) => `"${name}"`).join(", ");
  await client.query(
    `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM ${GIVEN}${table} WHERE ${where} ORDER BY position`,
    [...values],
  );
};

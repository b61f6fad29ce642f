import { randomUUID } from "node:crypto";
import type pg from "pg";
import { AnchorageError } from "../../errors.ts";
import { appliedMigrations, countMigrations } from "../../store/migrate.ts";
import { collectionName } from "../../api/values.ts";
import {
  BACKUP_FORMAT,
  type BackupBase,
  type BackupHeader,
  type BackupSummary,
  type SavedCollection,
} from "./format.ts";
import { CHAINS, LEFT_OUT, readTables, savedRows, SAVED } from "./tables.ts";

/** What is asked of a backup. */
export interface BackupRequest {
  readonly contents: BackupHeader["contents"];
  /** The backup to continue; null for a full one. */
  readonly base: BackupBase | null;
}

/**
 * Describes the database as the transaction of `client` sees it.
 *
 * @throws AnchorageError `unprocessable` if the tables are of a newer version, `conflict` if the base is not of this
 * database
 */
export const describeDatabase = async (
  client: pg.ClientBase,
  installation: string,
  signingKey: string | null,
  { contents, base }: BackupRequest,
): Promise<BackupHeader> => {
  const migrations = await appliedMigrations(client);
  if (migrations > countMigrations())
    throw new AnchorageError(
      "unprocessable",
      "The tables are of a newer version of Anchorage; make the backup with that version.",
    );
  const collections = await readCollections(client);
  if (base !== null) requireContinuation(base, collections);
  const names = contents === "receipts" ? CHAINS : Object.keys(SAVED);
  const tables: BackupHeader["tables"][number][] = [];
  for (const table of await readTables(client, names))
    tables.push({ ...table, rows: await countRows(client, `SELECT 1 ${savedRows(table.name, base)}`) });
  return {
    format: "anchorage-backup",
    version: BACKUP_FORMAT,
    id: randomUUID(),
    createdAt: new Date().toISOString(),
    contents,
    postgres: await textOf(client, "SELECT current_setting('server_version')"),
    migrations,
    installation,
    signingKey,
    bytes: contents === "receipts" ? 0 : await sizeOfTables(client),
    collections,
    serviceReceipts: await lastServiceReceipt(client),
    tables,
    base,
    vectors: base === null ? [] : await encodersWithVectors(client),
  };
};

/** A sequence only grows; one that is behind the base's is of a database that was restored from an older backup. */
const requireContinuation = (base: BackupBase, collections: readonly SavedCollection[]): void => {
  const behind = collections.find(({ key, sequence }) => {
    const before = base.collections.find((one) => one.key === key);
    return before !== undefined && before.sequence > sequence;
  });
  if (behind !== undefined)
    throw new AnchorageError(
      "conflict",
      `The collection "${behind.name}" is older here than in the backup of ${base.createdAt}; make a full backup.`,
    );
};

interface CollectionRow {
  readonly key: string;
  readonly name: string;
  readonly created: string;
  readonly sequence: string;
  readonly count: number;
  readonly image: string;
  readonly text: string;
  readonly position: string | null;
  readonly hash: string | null;
}

const readCollections = async (client: pg.ClientBase): Promise<SavedCollection[]> => {
  const { rows } = await client.query<CollectionRow>(
    `SELECT c.key, c.name, c.created_at::text AS created, c.sequence, c.anchor_count AS count, c.image_encoder AS image,
            c.text_encoder AS text, r.position, r.hash
     FROM collections c
     LEFT JOIN LATERAL (SELECT position, hash FROM receipts r WHERE r.collection = c.key ORDER BY position DESC LIMIT 1) r
       ON true
     ORDER BY c.key`,
  );
  return rows.map(({ key, name, created, sequence, count, image, text, position, hash }) => ({
    key: Number(key),
    name: collectionName.parse(name),
    createdAt: created,
    sequence: Number(sequence),
    anchorCount: count,
    imageEncoder: Number(image),
    textEncoder: Number(text),
    receipts: position === null || hash === null ? null : { position: Number(position), hash },
  }));
};

const lastServiceReceipt = async (client: pg.ClientBase): Promise<BackupHeader["serviceReceipts"]> => {
  const { rows } = await client.query<{ position: string; hash: string }>(
    "SELECT position, hash FROM service_receipts ORDER BY position DESC LIMIT 1",
  );
  return rows[0] === undefined ? null : { position: Number(rows[0].position), hash: rows[0].hash };
};

const encodersWithVectors = async (client: pg.ClientBase): Promise<[number, number][]> => {
  const { rows } = await client.query<{ collection: string; encoder: string }>(
    `SELECT DISTINCT a.collection, v.encoder_key AS encoder
     FROM vectors v JOIN anchors a ON a.key = v.anchor_key ORDER BY 1, 2`,
  );
  return rows.map(({ collection, encoder }) => [Number(collection), Number(encoder)]);
};

const sizeOfTables = async (client: pg.ClientBase): Promise<number> =>
  Number(
    await textOf(
      client,
      `SELECT coalesce(sum(pg_total_relation_size(to_regclass(name))), 0)::text
       FROM unnest('{${[...Object.keys(SAVED), ...LEFT_OUT].join(",")}}'::text[]) AS name`,
    ),
  );

const countRows = async (client: pg.ClientBase, query: string): Promise<number> =>
  Number(await textOf(client, `SELECT count(*)::text FROM (${query}) AS rows`));

const textOf = async (client: pg.ClientBase, query: string): Promise<string> => {
  const { rows } = await client.query<[string]>({ text: query, rowMode: "array" });
  return rows[0]?.[0] ?? "";
};

/** The last key that each identity column has given, so that a restored database gives none of them again. */
export const readLastKeys = async (client: pg.ClientBase): Promise<BackupSummary["keys"]> => {
  const { rows } = await client.query<{ table: string; column: string; last: string | null }>(
    `SELECT c.relname AS table, a.attname AS column,
            pg_sequence_last_value(pg_get_serial_sequence(c.relname::text, a.attname::text)::regclass)::text AS last
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE a.attidentity <> '' AND c.oid IN (SELECT to_regclass(name) FROM unnest($1::text[]) AS name)
     ORDER BY 1`,
    [Object.keys(SAVED)],
  );
  return rows.flatMap(({ table, column, last }) =>
    last === null ? [] : [{ table, column, last: Number(last) }],
  );
};

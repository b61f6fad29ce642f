import type pg from "pg";
import type { BackupBase, SavedTable } from "./format.ts";

/** Which rows of a table are saved; see {@link savedRows}. */
type Rows = "all" | "anchors" | "of-anchors" | "vectors" | "last-change" | "ended-jobs";

/** Every table that is saved, in the order in which foreign keys allow to restore them. */
export const SAVED = {
  encoders: "all",
  collections: "all",
  anchors: "anchors",
  images: "of-anchors",
  originals: "of-anchors",
  vectors: "vectors",
  changes: "last-change",
  transforms: "all",
  receipts: "all",
  service_receipts: "all",
  never_again_secrets: "all",
  never_again: "all",
  adaptations: "all",
  calibrations: "all",
  checks: "all",
  forecasts: "all",
  erasure_reports: "all",
  projections: "all",
  tunings: "all",
  reencodings: "all",
  selections: "all",
  adapters: "all",
  api_keys: "all",
  jobs: "ended-jobs",
} as const satisfies Readonly<Record<string, Rows>>;

/** Tables whose rows are made again when they are needed. */
export const LEFT_OUT: readonly string[] = ["label_vectors"];

/** The tables of a backup of nothing but receipts. */
export const CHAINS: readonly string[] = ["collections", "receipts", "service_receipts"];

/** Rows of anchors, of which an incremental backup has those that changed. */
export const ANCHOR_TABLES: readonly string[] = ["anchors", "images", "originals", "vectors"];

/** What is fitted or measured on anchors and made anew where some of them are removed by a restore. */
export const FITTED: readonly string[] = [
  "transforms",
  "adaptations",
  "calibrations",
  "checks",
  "forecasts",
  "projections",
];

/** The columns of the saved tables that a database has, in their order. */
export const readTables = async (
  client: pg.ClientBase,
  names: readonly string[],
): Promise<Omit<SavedTable, "rows">[]> => {
  const { rows } = await client.query<{ table: string; name: string; type: string }>(
    `SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.oid IN (SELECT to_regclass(name) FROM unnest($1::text[]) AS name)
     ORDER BY a.attnum`,
    [names],
  );
  return names.flatMap((name) => {
    const columns = rows
      .filter(({ table }) => table === name)
      .map(({ name: column, type }) => ({ name: column, type }));
    return columns.length === 0 ? [] : [{ name, columns }];
  });
};

/** A list for SQL: `(1, 2), (3, 4)`. Without rows it joins nothing. */
const values = (rows: readonly (readonly number[])[]): string =>
  rows.length === 0
    ? "(VALUES (NULL::bigint, NULL::bigint))"
    : `(VALUES ${rows.map((row) => `(${row.map((value) => `${value}::bigint`).join(", ")})`).join(", ")})`;

/**
 * The SQL after `SELECT columns` for the saved rows of a table, which is named `t` there.
 *
 * @param base null for a full backup; else only anchors whose sequence is greater than in `base` are taken, and vectors of
 * encoders that their collection has moved to since
 */
export const savedRows = (table: string, base: BackupBase | null): string => {
  const sequences = values((base?.collections ?? []).map(({ key, sequence }) => [key, sequence]));
  const since = `LEFT JOIN ${sequences} AS b(collection, sequence)`;
  const isNew = "sequence > coalesce(b.sequence, -1)";
  switch (kindOf(table)) {
    case "all":
      return `FROM ${table} t`;
    case "anchors":
      return base === null
        ? `FROM ${table} t`
        : `FROM ${table} t ${since} ON b.collection = t.collection WHERE t.${isNew}`;
    case "of-anchors":
      return base === null
        ? `FROM ${table} t`
        : `FROM ${table} t JOIN anchors a ON a.key = t.anchor_key ${since} ON b.collection = a.collection WHERE a.${isNew}`;
    case "vectors": {
      if (base === null) return `FROM ${table} t`;
      const known = values(
        base.collections.flatMap(({ key, imageEncoder, textEncoder }) => [
          [key, imageEncoder],
          [key, textEncoder],
        ]),
      );
      return (
        `FROM ${table} t JOIN anchors a ON a.key = t.anchor_key ${since} ON b.collection = a.collection ` +
        `LEFT JOIN ${known} AS k(collection, encoder) ON k.collection = a.collection AND k.encoder = t.encoder_key ` +
        `WHERE a.${isNew} OR k.collection IS NULL`
      );
    }
    case "last-change":
      return `FROM ${table} t JOIN collections c ON c.key = t.collection AND c.sequence = t.sequence`;
    case "ended-jobs":
      return `FROM ${table} t WHERE t.state <> 'running'`;
  }
};

/** The anchors that are as they were in the base. */
export const unchangedSince = (base: BackupBase): string =>
  `SELECT t.key, t.collection FROM anchors t JOIN ${values(base.collections.map(({ key, sequence }) => [key, sequence]))} ` +
  `AS b(collection, sequence) ON b.collection = t.collection WHERE t.sequence <= b.sequence`;

const kindOf = (table: string): Rows => {
  const kind = Object.entries(SAVED).find(([name]) => name === table)?.[1];
  if (kind === undefined) throw new Error(`no backup has the table ${table}`);
  return kind;
};

/** The SQL for a column of table `t`. The last change stays without the ids of anchors that it deleted. */
export const columnOf = (table: string, column: string): string =>
  table === "changes" && column === "ids"
    ? `CASE WHEN t.kind = 'delete' THEN '{}'::text[] ELSE t.ids END AS ids`
    : `t."${column}"`;

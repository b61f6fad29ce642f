import type pg from "pg";
import type { AnchorId } from "../../types.ts";
import { copyOut } from "../../store/copy.ts";
import type { Database } from "../../store/database.ts";
import { fromBytes } from "../../store/float32.ts";

/** A row as SQL returns it. The memory of `bytes` and `fields` is reused after the callback returns. */
export type TableRow =
  | {
      readonly of: "anchors";
      readonly collection: number;
      readonly id: AnchorId;
      readonly caption: string | null;
      /** JSON text. */
      readonly metadata: string;
    }
  | {
      readonly of: "vectors";
      readonly collection: number;
      readonly id: AnchorId;
      /** Key of its encoder. */
      readonly encoder: number;
      readonly bytes: Buffer;
      readonly vector: Float32Array;
    }
  /** A row of another table; columns in COPY's binary format, with texts and byte strings unchanged. */
  | {
      readonly of: "others";
      /** Table name, with its schema unless that is `public`. */
      readonly table: string;
      readonly fields: readonly Buffer[];
    };

/** Totals of {@link readRows}. */
export interface RowsRead {
  readonly tables: number;
  readonly rows: number;
  /** Tables that this user cannot read. */
  readonly closed: readonly string[];
}

/** Reads every row of every readable table in one snapshot. */
export const readRows = async (database: Database, onRow: (row: TableRow) => void): Promise<RowsRead> =>
  database.snapshot(async ({ client }) => {
    const tables = await tablesOf(client);
    let rows = 0;
    const copy = async (query: string, rowOf: (fields: readonly (Buffer | null)[]) => TableRow) => {
      for await (const some of copyOut(client, `COPY (${query}) TO STDOUT (FORMAT binary)`)) {
        for (const row of some) onRow(rowOf(row));
        rows += some.length;
      }
    };
    await copy(ANCHORS, anchorOf);
    await copy(VECTORS, vectorOf);
    const readable = tables.filter(({ readable: may }) => may);
    for (const { name, quoted } of readable)
      if (name !== "anchors" && name !== "vectors")
        await copy(`SELECT * FROM ONLY ${quoted}`, (fields) => ({
          of: "others",
          table: name,
          fields: fields.filter((field) => field !== null),
        }));
    const closed = tables.filter(({ readable: may }) => !may).map(({ name }) => name);
    return { tables: readable.length, rows, closed };
  });

const ANCHORS = "SELECT collection, id, caption, metadata::text FROM anchors";
const VECTORS =
  "SELECT a.collection, a.id, v.encoder_key, v.data FROM vectors v JOIN anchors a ON a.key = v.anchor_key";

interface Table {
  readonly name: string;
  readonly quoted: string;
  readonly readable: boolean;
}

const tablesOf = async (client: pg.ClientBase): Promise<Table[]> => {
  const { rows } = await client.query<Table>(`
    SELECT CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || c.relname AS name,
           format('%I.%I', n.nspname, c.relname) AS quoted,
           has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND n.nspname NOT LIKE 'pg\\_toast%' AND c.relpersistence <> 't'
    ORDER BY name`);
  return rows;
};

const anchorOf = ([collection, id, caption, metadata]: readonly (Buffer | null)[]): TableRow => ({
  of: "anchors",
  collection: numberIn(collection),
  id: (id?.toString() ?? "") as AnchorId,
  caption: caption?.toString() ?? null,
  metadata: metadata?.toString() ?? "{}",
});

const vectorOf = ([collection, id, encoder, data]: readonly (Buffer | null)[]): TableRow => {
  const bytes = data ?? Buffer.alloc(0);
  return {
    of: "vectors",
    collection: numberIn(collection),
    id: (id?.toString() ?? "") as AnchorId,
    encoder: numberIn(encoder),
    bytes,
    vector: fromBytes(bytes),
  };
};

const numberIn = (field: Buffer | null | undefined): number => Number(field?.readBigInt64BE() ?? 0);

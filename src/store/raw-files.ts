import type pg from "pg";
import { copyOut } from "./copy.ts";
import type { Database } from "./database.ts";

/** A piece of one of Postgres's files; the pieces of a file follow each other. */
export interface FilePart {
  /** Below the directory of its cluster, such as `base/5/16402`. */
  readonly path: string;
  /** The table whose rows, index or oversized values it holds; null where the catalogue does not know the file. */
  readonly table: string | null;
  readonly at: number;
  readonly bytes: Buffer;
}

export interface FilesRead {
  readonly files: number;
  readonly bytes: number;
  /** Of Postgres's log, which is not read. */
  readonly walBytes: number;
}

const PART_BYTES = 256 * 1024;
const INSUFFICIENT_PRIVILEGE = "42501";

/**
 * Reads the files of the database as they lie on the server's disk, what no row shows included. That takes a superuser,
 * or a member of pg_read_server_files and pg_checkpoint who may call pg_ls_dir, pg_stat_file, pg_ls_waldir.
 *
 * @returns null where this user may not
 */
export const readFiles = async (
  database: Database,
  onPart: (part: FilePart) => void,
): Promise<FilesRead | null> => {
  try {
    return await database.session(async (client) => {
      // What was written is in the files then, and those that were dropped are gone.
      await client.query("CHECKPOINT");
      const files = await filesOf(client);
      for (const file of files)
        for await (const rows of copyOut(client, statementFor(file)))
          for (const [at, bytes] of rows)
            if (at && bytes)
              onPart({ path: file.path, table: file.table, at: Number(at.readBigInt64BE()), bytes });
      const wal = await client.query<{ bytes: string }>(
        "SELECT coalesce(sum(size), 0) AS bytes FROM pg_ls_waldir()",
      );
      return {
        files: files.length,
        bytes: files.reduce((sum, { bytes }) => sum + Number(bytes), 0),
        walBytes: Number(wal.rows[0]?.bytes ?? 0),
      };
    });
  } catch (error) {
    if ((error as { code?: unknown }).code === INSUFFICIENT_PRIVILEGE) return null;
    throw error;
  }
};

interface ServerFile {
  readonly path: string;
  readonly table: string | null;
  readonly bytes: string;
}

/**
 * Every file in the folders that hold this database's relations, those included that no relation owns any more. A name
 * is a relation's number, then a fork such as `_fsm`, then a segment such as `.1` (PostgreSQL manual, 66.1).
 */
const filesOf = async (client: pg.ClientBase): Promise<ServerFile[]> => {
  const { rows } = await client.query<ServerFile>(`
    WITH relations AS (
      SELECT pg_relation_filepath(c.oid) AS path, coalesce(o.relname, i.relname, c.relname) AS name
      FROM pg_class c
      LEFT JOIN pg_index x ON x.indexrelid = c.oid
      LEFT JOIN pg_class i ON i.oid = x.indrelid
      LEFT JOIN pg_class o ON o.reltoastrelid IN (c.oid, i.oid) AND o.reltoastrelid <> 0
      WHERE c.relkind IN ('r', 'i', 't', 'm') AND NOT c.relisshared
    ), folders AS (
      SELECT DISTINCT regexp_replace(path, '/[^/]*$', '') AS folder FROM relations WHERE path IS NOT NULL
    ), files AS (
      SELECT folder || '/' || file AS path FROM folders, pg_ls_dir(folder) AS file
    )
    SELECT files.path, relations.name AS table, (pg_stat_file(files.path, true)).size AS bytes
    FROM files LEFT JOIN relations ON relations.path = regexp_replace(files.path, '(_[a-z]+)?(\\.\\d+)?$', '')
    WHERE NOT coalesce((pg_stat_file(files.path, true)).isdir, true)
    ORDER BY files.path`);
  return rows;
};

/** The path is one that Postgres gave us; COPY takes no parameters. */
const statementFor = ({ path, bytes }: ServerFile): string => `
  COPY (
    SELECT at, pg_read_binary_file('${path.replaceAll("'", "''")}', at, ${PART_BYTES}, true)
    FROM generate_series(0::bigint, ${Math.max(0, Number(bytes) - 1)}::bigint, ${PART_BYTES}) AS at
  ) TO STDOUT (FORMAT binary)`;

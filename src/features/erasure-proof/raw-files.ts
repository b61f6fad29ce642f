import type pg from "pg";
import { copyOut } from "../../store/copy.ts";
import type { Database } from "../../store/database.ts";

/** A part of one of Postgres's files. The parts of a file are consecutive. */
export interface FilePart {
  /** Path relative to the data directory, such as `base/5/16402`. */
  readonly path: string;
  /** The table whose rows, index or TOAST values the file contains; null if the catalogue does not list the file. */
  readonly table: string | null;
  /** Offset of the part in the file, in bytes. */
  readonly at: number;
  readonly bytes: Buffer;
}

/** The {@link FilePart.table} of the segments of the write-ahead log. */
export const WRITE_AHEAD_LOG = "the write-ahead log";

/** Totals of {@link readFiles}. */
export interface FilesRead {
  readonly files: number;
  readonly bytes: number;
  /** Size of the write-ahead log. */
  readonly walBytes: number;
}

const PART_BYTES = 256 * 1024;
const INSUFFICIENT_PRIVILEGE = "42501";

/**
 * Reads the raw files of the database from the server's disk, including bytes that no row shows. This requires a
 * superuser, or a member of pg_read_server_files and pg_checkpoint with access to pg_ls_dir, pg_stat_file and
 * pg_ls_waldir.
 *
 * @param withLog whether the write-ahead log is read as well
 * @returns null if this user lacks the permission
 */
export const readFiles = async (
  database: Database,
  onPart: (part: FilePart) => void,
  withLog = false,
): Promise<FilesRead | null> => {
  try {
    return await database.session(async (client) => {
      // Flushes all writes to the files and removes dropped files.
      await client.query("CHECKPOINT");
      const files = [...(await filesOf(client)), ...(withLog ? await logOf(client) : [])];
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
 * Lists every file in the folders of this database's relations, including files of relations that no longer exist. A
 * file name is the relation's number, then a fork such as `_fsm`, then a segment such as `.1` (PostgreSQL manual, 66.1).
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

/** Segments that were made in advance hold nothing; a segment may be removed meanwhile. */
const logOf = async (client: pg.ClientBase): Promise<ServerFile[]> => {
  const { rows } = await client.query<ServerFile>(
    "SELECT 'pg_wal/' || name AS path, $1 AS table, size AS bytes FROM pg_ls_waldir() ORDER BY name",
    [WRITE_AHEAD_LOG],
  );
  return rows;
};

/** COPY takes no parameters; the path comes from Postgres. */
const statementFor = ({ path, bytes }: ServerFile): string => `
  COPY (
    SELECT at, pg_read_binary_file('${path.replaceAll("'", "''")}', at, ${PART_BYTES}, true)
    FROM generate_series(0::bigint, ${Math.max(0, Number(bytes) - 1)}::bigint, ${PART_BYTES}) AS at
  ) TO STDOUT (FORMAT binary)`;

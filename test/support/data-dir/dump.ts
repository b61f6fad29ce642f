import { createReadStream, createWriteStream } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import { startEmbedded } from "../../../src/store/index.ts";
import { silentLog } from "../log.ts";

/**
 * A portable dump of a DATA_DIR: `postgres/<table>.copy` (`COPY ... TO STDOUT`, text format) for every table,
 * `files/` for what lies beside Postgres, and `manifest.json`.
 */
export interface Manifest {
  /** Of package.json, when the dump was made. */
  readonly version: string;
  /** Every migration that the tables had seen, the oldest first, with the hash that drizzle keeps of it. */
  readonly migrations: readonly { readonly name: string; readonly hash: string }[];
  /** The last value that each sequence has given; null where it has given none. */
  readonly sequences: Readonly<Record<string, number | null>>;
}

const ROOT = new URL("../../../", import.meta.url);
const MIGRATIONS = fileURLToPath(new URL("migrations/", ROOT));
const LINEAGE = "SELECT hash FROM drizzle.__drizzle_migrations ORDER BY created_at, id";
/** Made anew wherever a DATA_DIR is opened: the cluster, what belongs to its process, what is cut from the default encoders. */
const NOT_DUMPED = /^(postgres.*|networks|anchorage\.lock.*)$/;

export const readManifest = async (dump: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(dump, "manifest.json"), "utf8")) as Manifest;

/**
 * Dumps a DATA_DIR that no service holds into a new folder. A table without rows is an error: the dump is to show each.
 *
 * @param leftOut encoders that every DATA_DIR has, and whose weights are too large to keep
 */
export const dumpDataDir = async (
  dataDir: string,
  dump: string,
  leftOut: readonly string[],
): Promise<void> => {
  await mkdir(join(dump, "postgres"), { recursive: true });
  await onCluster(dataDir, async (client) => {
    const tables = await column(
      client,
      "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
    );
    const empty: string[] = [];
    for (const table of tables) {
      const rows = client.query(copyTo(`COPY (SELECT * FROM ${table} ORDER BY 1, 2) TO STDOUT`));
      await pipeline(rows, createWriteStream(join(dump, "postgres", `${table}.copy`)));
      if (rows.rowCount === 0) empty.push(table);
    }
    if (empty.length > 0) throw new Error(`these tables have no rows: ${empty.join(", ")}`);
    const hashes = await column(client, LINEAGE);
    const { rows: sequences } = await client.query<{ name: string; last: string | null }>(
      "SELECT sequencename AS name, last_value AS last FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1",
    );
    const { version } = JSON.parse(await readFile(new URL("package.json", ROOT), "utf8")) as Manifest;
    const names = (await journal()).entries.map(({ tag }) => tag);
    const manifest: Manifest = {
      version,
      migrations: hashes.map((hash, i) => ({ name: names[i] ?? "", hash })),
      sequences: Object.fromEntries(
        sequences.map(({ name, last }) => [name, last === null ? null : Number(last)]),
      ),
    };
    await writeFile(join(dump, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  });
  for (const name of (await readdir(dataDir)).filter((found) => !NOT_DUMPED.test(found)))
    await cp(join(dataDir, name), join(dump, "files", name), { recursive: true });
  for (const id of leftOut) await rm(join(dump, "files", "encoders", id), { recursive: true, force: true });
};

/**
 * Makes a DATA_DIR of a dump, in a folder that may hold encoders: its tables are as the dump's migrations made them, so
 * that whoever opens it has to migrate it.
 *
 * @throws Error where the dump's migrations are not the first ones of today
 */
export const restoreDataDir = async (dump: string, dataDir: string): Promise<void> => {
  const { migrations, sequences } = await readManifest(dump);
  await cp(join(dump, "files"), dataDir, { recursive: true });
  await onCluster(dataDir, async (client) => {
    await migrateTo(client, migrations.length);
    const hashes = await column(client, LINEAGE);
    const changed = migrations.find(({ hash }, i) => hashes[i] !== hash);
    if (changed !== undefined) throw new Error(`migration ${changed.name} is not what the dump was made by`);
    // Rows come in any order: neither foreign keys nor triggers look at them.
    await client.query("SET session_replication_role = replica");
    for (const file of await readdir(join(dump, "postgres"))) {
      const rows = client.query(copyFrom(`COPY ${file.replace(/\.copy$/, "")} FROM STDIN`));
      await pipeline(createReadStream(join(dump, "postgres", file)), rows);
    }
    for (const [name, last] of Object.entries(sequences))
      if (last !== null) await client.query("SELECT setval($1::text::regclass, $2)", [name, last]);
  });
};

interface Journal {
  readonly entries: readonly { readonly tag: string }[];
}

const journal = async (): Promise<Journal> =>
  JSON.parse(await readFile(join(MIGRATIONS, "meta", "_journal.json"), "utf8")) as Journal;

/** Applies the first `count` migrations alone. */
const migrateTo = async (client: pg.Client, count: number): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "anchorage-migrations-"));
  try {
    const all = await journal();
    const entries = all.entries.slice(0, count);
    await mkdir(join(folder, "meta"));
    await writeFile(join(folder, "meta", "_journal.json"), JSON.stringify({ ...all, entries }));
    for (const { tag } of entries) await cp(join(MIGRATIONS, `${tag}.sql`), join(folder, `${tag}.sql`));
    await migrate(drizzle(client), { migrationsFolder: folder });
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** Starts the cluster below `dataDir` for `work` alone. */
const onCluster = async (dataDir: string, work: (client: pg.Client) => Promise<void>): Promise<void> => {
  const server = await startEmbedded({ dataDir, log: silentLog });
  const client = new pg.Client({ connectionString: server.url });
  try {
    await client.connect();
    await work(client);
  } finally {
    await client.end();
    await server.stop();
  }
};

const column = async (client: pg.Client, statement: string): Promise<string[]> => {
  const { rows } = await client.query<[string]>({ text: statement, rowMode: "array" });
  return rows.map(([value]) => value);
};

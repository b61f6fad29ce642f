import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { inject, onTestFinished, TestRunner } from "vitest";
import { openStore, type Store, type StoreOptions } from "../../src/store/index.ts";
import { silentLog } from "./log.ts";

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Runs one statement as the superuser, on the server's own database or on that of `url`. */
export const runSql = async <Row extends pg.QueryResultRow>(
  statement: string,
  url: string = inject("postgresUrl"),
): Promise<Row[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end();
  }
};

/** An empty database of its own, dropped when the test ends (or by `drop`, outside of a test). */
export const freshDatabase = async (): Promise<TestDatabase> => {
  const name = `test_${randomBytes(8).toString("hex")}`;
  await runSql(`CREATE DATABASE ${name}`);
  const url = new URL(inject("postgresUrl"));
  url.pathname = `/${name}`;
  const drop = once(async () => {
    await runSql(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  });
  atTestEnd(drop);
  return { url: url.href, drop };
};

/** A directory that is removed when the test ends. */
export const temporaryDirectory = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), "anchorage-"));
  atTestEnd(() => rm(directory, { recursive: true, force: true }));
  return directory;
};

/** A store on a database of its own; both go when the test ends, or by `close`, outside of a test. */
export const openTestStore = async (
  database?: TestDatabase,
  options: Pick<StoreOptions, "patienceMs"> = {},
): Promise<Store> => {
  const own = database === undefined;
  const used = database ?? (await freshDatabase());
  const dataDir = await mkdtemp(join(tmpdir(), "anchorage-"));
  const store = await openStore({ dataDir, databaseUrl: used.url, log: silentLog, ...options });
  const close = once(async () => {
    await store.close();
    if (own) await used.drop();
    await rm(dataDir, { recursive: true, force: true });
  });
  atTestEnd(close);
  return { ...store, close };
};

const atTestEnd = (work: () => Promise<void>): void => {
  if (TestRunner.getCurrentTest() !== undefined) onTestFinished(work);
};

const once = (work: () => Promise<void>): (() => Promise<void>) => {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
};

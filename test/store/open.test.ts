import { describe, expect, test } from "vitest";
import { openStore, readAll, findCollection } from "../../src/store/index.ts";
import type { CollectionName } from "../../src/types.ts";
import { freshDatabase, openTestStore, runSql, temporaryDirectory } from "../support/postgres.ts";
import { newCollection } from "./fixtures.ts";
import { silentLog } from "../support/log.ts";

const open = async (databaseUrl: string) =>
  openStore({ dataDir: await temporaryDirectory(), databaseUrl, log: silentLog });

describe("opening a store on another server", () => {
  test("by several at once migrates the database once", async () => {
    const { url } = await freshDatabase();
    const stores = await Promise.all(Array.from({ length: 4 }, () => open(url)));
    for (const store of stores) await store.ping();
    const [{ n } = { n: 0 }] = await runSql<{ n: number }>(
      "SELECT count(DISTINCT hash)::int - count(*)::int AS n FROM drizzle.__drizzle_migrations",
      url,
    );
    expect(n).toBe(0);
    for (const store of stores) await store.close();
  });

  test("says in one line that nobody answers there, without the password", async () => {
    const refused = open("postgres://ann:sec@ret@127.0.0.1:1/birds?password=secret");
    await expect(refused).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(
        /^DATABASE_URL \(postgres:\/\/127\.0\.0\.1:1\/birds\): .*ECONNREFUSED.*$/,
      ) as string,
    });
  });

  test("says that the password is wrong or the database is missing", async () => {
    const { url } = await freshDatabase();
    const wrong = new URL(url);
    wrong.password = "wrong";
    await expect(open(wrong.href)).rejects.toMatchObject({ code: "unavailable" });
    const missing = new URL(url);
    missing.pathname = "/nowhere";
    await expect(open(missing.href)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("nowhere") as string,
    });
  });

  test("refuses a database whose tables a newer version has changed", async () => {
    const { url } = await freshDatabase();
    await (await open(url)).close();
    await runSql(
      "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('of a newer version', 99999999999999)",
      url,
    );
    await expect(open(url)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("A newer version of Anchorage has changed the tables.") as string,
    });
  });

  test("refuses a database that is not in UTF-8", async () => {
    const { url } = await freshDatabase();
    const name = `${new URL(url).pathname.slice(1)}_latin`;
    await runSql(`CREATE DATABASE ${name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
    const latin = new URL(url);
    latin.pathname = `/${name}`;
    await expect(open(latin.href)).rejects.toMatchObject({
      message: expect.stringContaining("LATIN1") as string,
    });
    await runSql(`DROP DATABASE ${name}`);
  });
});

describe("a store whose connections are cut", () => {
  test("says that it is unavailable, and works again without being opened again", async () => {
    const database = await freshDatabase();
    const store = await openTestStore(database);
    const collection = await newCollection(store);
    const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = '${new URL(database.url).pathname.slice(1)}' AND application_name = 'anchorage'`;
    const reading = readAll(store, collection, () => undefined);
    await reading;
    await runSql(cut);
    const codes = await Promise.all(
      Array.from({ length: 5 }, () =>
        findCollection(store, "birds" as CollectionName).then(
          () => "found",
          (error: unknown) => (error as { code: string }).code,
        ),
      ),
    );
    expect(codes.every((code) => code === "found" || code === "unavailable")).toBe(true);
    expect(await findCollection(store, "birds" as CollectionName)).toEqual(collection);
  });
});

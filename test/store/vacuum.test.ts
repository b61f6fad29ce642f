import { upsertAnchors, deleteAnchors, vacuum } from "../../src/store/index.ts";
import { expect, onTestFinished, test } from "vitest";
import pg from "pg";
import { freshDatabase, openTestStore } from "../support/postgres.ts";
import { anchor, idsOf, newCollection } from "./fixtures.ts";

/** Beside a transaction that began before a deletion, and has not read the table. */
const withReader = async (isolation: string) => {
  const database = await freshDatabase();
  const store = await openTestStore(database);
  const collection = await newCollection(store);
  await upsertAnchors(store, collection, [anchor("a"), anchor("b")]);
  const reader = new pg.Client({ connectionString: database.url, application_name: "a report" });
  await reader.connect();
  onTestFinished(() => reader.end());
  await reader.query(`BEGIN ISOLATION LEVEL ${isolation}`);
  await reader.query("SELECT count(*) FROM jobs");
  await deleteAnchors(store, collection, idsOf("a"));
  return { store, reader };
};

test("tables are rewritten only when no transaction can see any more what was deleted", async () => {
  const { store, reader } = await withReader("REPEATABLE READ");
  let done = false;
  const rewriting = vacuum(store, "rewrite").then(() => (done = true));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(done).toBe(false);
  await reader.query("COMMIT");
  await rewriting;
});

test("a transaction that goes on is named, and nothing is rewritten", async () => {
  const { store } = await withReader("REPEATABLE READ");
  await expect(vacuum(store, "rewrite", 200)).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(/process \d+ of Postgres \(a report\) may still read/) as string,
  });
});

test("a transaction that sees each statement's newest rows is not waited for", async () => {
  const { store } = await withReader("READ COMMITTED");
  await vacuum(store, "rewrite", 200);
});

test("a write in another database that goes on is waited for, since views of this one begin with it", async () => {
  const other = await freshDatabase();
  const writer = new pg.Client({ connectionString: other.url, application_name: "a neighbour" });
  await writer.connect();
  onTestFinished(() => writer.end());
  await writer.query("BEGIN; SELECT pg_current_xact_id()");
  const { store } = await withReader("READ COMMITTED");
  await expect(vacuum(store, "rewrite", 200)).rejects.toMatchObject({
    message: expect.stringContaining("(a neighbour)") as string,
  });
});

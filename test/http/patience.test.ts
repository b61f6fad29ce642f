import pg from "pg";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { freshDatabase, runSql, type TestDatabase } from "../support/postgres.ts";
import { anchorOf, createCollection, openTestApp, problemIn, type Answer, type TestApp } from "./support.ts";

/** In place of half a minute. */
const PATIENCE_MS = 1_000;
const WITHIN = { timeout: 20_000 };
/** More than there are connections. */
const REQUESTS = 40;
const ANCHORS = "/v1/collections/c/anchors";

const open = async (
  given?: TestDatabase,
  patienceMs = PATIENCE_MS,
): Promise<{ readonly test: TestApp; readonly database: TestDatabase }> => {
  const database = given ?? (await freshDatabase());
  const test = await openTestApp({ database, patienceMs });
  onTestFinished(() => test.close());
  await createCollection(test, "c");
  return { test, database };
};

/** Locks as another program would, in a transaction that stays open. @returns what ends it */
const lock = async ({ url }: TestDatabase, statement: string): Promise<() => Promise<void>> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  let open = true;
  const release = async (): Promise<void> => {
    if (open) await client.end();
    open = false;
  };
  onTestFinished(release);
  await client.query("BEGIN");
  await client.query(statement);
  return release;
};

const put = (test: TestApp, id: string): Promise<Answer> =>
  test.call("PUT", ANCHORS, { anchors: [anchorOf(id)] });
const get = (test: TestApp): Promise<Answer> => test.call("GET", `${ANCHORS}/kept`);
const search = (test: TestApp): Promise<Answer> =>
  test.call("POST", "/v1/collections/c/search", {
    query: { vector: [1, 2, 3], modality: "image" },
    target: "image",
  });

const expectUnavailable = ({ status, headers }: Answer): void => {
  expect([status, headers.get("content-type"), headers.get("retry-after")]).toEqual([
    503,
    "application/problem+json",
    "2",
  ]);
};

describe("a lock on the tables that is held for long", () => {
  it("makes requests unavailable after a bounded wait, all connections in use or not, and then they work", async () => {
    const { test, database } = await open();
    const release = await lock(database, "LOCK TABLE anchors IN ACCESS EXCLUSIVE MODE");
    const refused = await Promise.all([
      ...Array.from({ length: REQUESTS }, () => get(test)),
      ...Array.from({ length: REQUESTS }, (_, i) => put(test, `refused-${i}`)),
      ...Array.from({ length: REQUESTS }, (_, i) => test.call("DELETE", `${ANCHORS}/refused-${i}`)),
    ]);
    for (const answer of refused) expectUnavailable(answer);
    // Deletions take turns, and do not each wait as long as the first.
    expect(refused.map((answer) => problemIn(answer).detail)).toContain(
      "The write before this one waited for Postgres until its time was up.",
    );
    expect((await search(test)).status).toBe(200);

    await release();
    await Promise.all(
      Array.from({ length: REQUESTS }, (_, i) =>
        vi.waitFor(async () => {
          expect((await get(test)).status).toBe(200);
          expect((await put(test, `written-${i}`)).status).toBe(200);
        }, WITHIN),
      ),
    );
    expect((await test.call("GET", "/v1/collections/c")).body).toMatchObject({ anchorCount: 1 + REQUESTS });
    expect(test.logged.join("\n")).not.toContain("defect");
  });
});

describe("a lock on one collection's writes", () => {
  it("keeps neither reads nor writes to another collection waiting", async () => {
    const { test, database } = await open();
    await createCollection(test, "d");
    await lock(database, "SELECT * FROM collections WHERE name = 'c' FOR UPDATE");
    const waiting = Array.from({ length: REQUESTS }, (_, i) => put(test, `refused-${i}`));
    expect((await get(test)).status).toBe(200);
    expect((await test.call("PUT", "/v1/collections/d/anchors", { anchors: [anchorOf("a")] })).status).toBe(
      200,
    );
    for (const answer of await Promise.all(waiting)) expectUnavailable(answer);
  });
});

describe("a limit that the database's administrator has set", () => {
  it.each(["lock_timeout", "statement_timeout"])("is kept, and says to try again (%s)", async (setting) => {
    const database = await freshDatabase();
    await runSql(`ALTER DATABASE ${new URL(database.url).pathname.slice(1)} SET ${setting} = '300ms'`);
    const { test } = await open(database, 600_000);
    await lock(database, "LOCK TABLE anchors IN ACCESS EXCLUSIVE MODE");
    expectUnavailable(await get(test));
    expectUnavailable(await put(test, "refused"));
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LEFT_OUT, SAVED } from "../../../src/features/backup/tables.ts";
import { openTestApp } from "../../http/support.ts";
import { runSql } from "../../support/postgres.ts";
import {
  anchorBodies,
  answersOf,
  backUp,
  closeOrigin,
  fillCollection,
  openOrigin,
  restoreTo,
  type Origin,
} from "./support.ts";

/** Every row of a table as JSON, in the order of their text. */
const rowsOf = (table: string, url: string) =>
  runSql<{ row: unknown }>(`SELECT to_jsonb(t) AS row FROM ${table} t ORDER BY to_jsonb(t)::text`, url);

describe("a restored backup", () => {
  let origin: Origin;

  beforeAll(async () => {
    origin = await openOrigin();
    await fillCollection(origin.test, "first");
    await fillCollection(origin.test, "second", 4, 2);
    await origin.test.call("DELETE", "/v1/collections/first/anchors/c1-0");
    await origin.test.call("POST", "/v1/collections/first/compact");
  });

  afterAll(() => closeOrigin(origin));

  it("gives the same answers as the service that it was made of", async () => {
    const file = await backUp(origin.test.service.store);
    const { database } = await restoreTo([file]);
    const after = await openTestApp({ database });
    const before = await answersOf(origin.test);
    expect(before.map(([, , status]) => status)).toEqual(Array(8).fill(200));
    expect(await answersOf(after)).toEqual(before);
  });

  it("has receipts whose chain goes on with the next deletion", async () => {
    const { database } = await restoreTo([await backUp(origin.test.service.store)]);
    const after = await openTestApp({ database });
    await after.call("DELETE", "/v1/collections/first/anchors/c2-0");
    const { body } = await after.call("GET", "/v1/collections/first/receipts");
    const { receipts } = body as { receipts: { hash: string; previousHash: string; position: number }[] };
    expect(receipts.map(({ position }) => position)).toEqual([1, 2, 3]);
    expect(receipts[2]?.previousHash).toBe(receipts[1]?.hash);
  });

  it("gives new anchors keys that none had before", async () => {
    await origin.test.call("DELETE", "/v1/collections/second");
    const [before] = await runSql<{ last: string }>(
      "SELECT last_value::text AS last FROM anchors_key_seq",
      origin.database.url,
    );
    const { database } = await restoreTo([await backUp(origin.test.service.store)]);
    const after = await openTestApp({ database });
    const [anchor] = anchorBodies(1, 5);
    await after.call("PUT", "/v1/collections/first/anchors", { anchors: [{ ...anchor, id: "new" }] });
    const [added] = await runSql<{ key: string }>(
      "SELECT key::text FROM anchors WHERE id = 'new'",
      database.url,
    );
    expect(Number(added?.key)).toBe(Number(before?.last) + 1);
  });

  it("has every row of every saved table", async () => {
    await runSql(
      "INSERT INTO api_keys (id, name, hash, scope, created_at) VALUES ('k', 'all', '\\xab', 'admin', now())",
      origin.database.url,
    );
    const { database } = await restoreTo([await backUp(origin.test.service.store)]);
    for (const [table, kind] of Object.entries(SAVED))
      if (kind !== "last-change" && kind !== "ended-jobs")
        expect(await rowsOf(table, database.url), table).toEqual(await rowsOf(table, origin.database.url));
  });
});

describe("the tables of a backup", () => {
  it("are those that the migrations make, except what is made again", async () => {
    const { database } = await openOrigin();
    const tables = await runSql<{ name: string }>(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
      database.url,
    );
    expect(tables.map(({ name }) => name)).toEqual([...Object.keys(SAVED), ...LEFT_OUT].sort());
  });
});

describe("a backup while writes go on", () => {
  it("shows each collection at one sequence", async () => {
    const { test } = await openOrigin();
    await fillCollection(test, "first");
    let writes = 0;
    const stop = new AbortController();
    const writing = (async () => {
      while (!stop.signal.aborted) {
        const pair = anchorBodies(1, 3).slice(0, 2);
        // Two at a time: an odd number would be half a write.
        await test.call("PUT", "/v1/collections/first/anchors", {
          anchors: pair.map((anchor, i) => ({ ...anchor, id: `w${writes}-${i}` })),
        });
        writes++;
      }
    })();
    await expect.poll(() => writes).toBeGreaterThan(3);
    const file = await backUp(test.service.store);
    stop.abort();
    await writing;
    const { database, restored } = await restoreTo([file]);
    const [collection] = restored.header.collections;
    const after = await openTestApp({ database });
    const { body } = await after.call("GET", "/v1/collections/first");
    const { anchorCount, sequence } = body as { anchorCount: number; sequence: number };
    expect(sequence).toBe(collection?.sequence);
    expect(anchorCount).toBe(24 + 2 * (sequence - 1));
    expect(sequence - 1).toBeLessThan(writes);
  });
});

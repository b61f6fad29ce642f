import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestApp } from "../../http/support.ts";
import { runSql } from "../../support/postgres.ts";
import {
  anchorBodies,
  backUp,
  closeOrigin,
  fillCollection,
  openOrigin,
  restoreTo,
  type Origin,
} from "./support.ts";

const first = "/v1/collections/first";

describe("a backup that is older than deletions", () => {
  let origin: Origin;
  let old: string;
  let receipts: string;
  let newer: string;

  beforeAll(async () => {
    origin = await openOrigin();
    const { test } = origin;
    await fillCollection(test, "first");
    await fillCollection(test, "second", 4, 2);
    await test.call("DELETE", `${first}/anchors/c0-0`);
    old = await backUp(test.service.store);
    await test.call("POST", `${first}/anchors/delete`, { ids: ["c1-0", "c1-1"] });
    // Deleted after it was written anew: the backup has the content before.
    const [, anchor] = anchorBodies(6);
    await test.call("PUT", `${first}/anchors`, { anchors: [{ ...anchor, text: "changed" }] });
    await test.call("DELETE", `${first}/anchors/c0-1`);
    await test.call("POST", `${first}/compact`);
    await test.call("DELETE", "/v1/collections/second");
    receipts = await backUp(test.service.store, { contents: "receipts" });
    newer = await backUp(test.service.store);
  }, 120_000);

  afterAll(() => closeOrigin(origin));

  it("does not bring back what the receipts say was deleted, not even its rows", async () => {
    const { database, restored } = await restoreTo([old], { receipts });
    expect(restored).toMatchObject({ erased: 3, later: { deletions: 2, removedNames: ["second"] } });
    const ids = await runSql<{ id: string }>("SELECT id FROM anchors ORDER BY id", database.url);
    expect(ids.map(({ id }) => id)).toEqual(
      anchorBodies(6)
        .map(({ id }) => id)
        .filter((id) => !["c0-0", "c0-1", "c1-0", "c1-1"].includes(id))
        .sort(),
    );
    const [left] = await runSql("SELECT count(*)::int AS vectors FROM vectors", database.url);
    expect(left).toEqual({ vectors: 2 * ids.length });
    const after = await openTestApp({ database });
    const { body } = await after.call("GET", first);
    expect(body).toMatchObject({ anchorCount: 20, sequence: 5 });
    expect((await after.call("GET", "/v1/collections/second")).status).toBe(404);
  });

  it("has the chain that was given, and goes on from its end", async () => {
    const { database } = await restoreTo([old], { receipts });
    const after = await openTestApp({ database });
    const listed = async (path: string, { test }: Pick<Origin, "test">) =>
      ((await test.call("GET", path)).body as { receipts: { hash: string; previousHash: string }[] })
        .receipts;
    const chain = await listed(`${first}/receipts`, origin);
    expect(chain).toHaveLength(4);
    expect((await listed(`${first}/receipts`, { test: after })).map(({ hash }) => hash)).toEqual(
      chain.map(({ hash }) => hash),
    );
    expect(await listed("/v1/receipts", { test: after })).toEqual(await listed("/v1/receipts", origin));
    await after.call("DELETE", `${first}/anchors/c2-0`);
    expect((await listed(`${first}/receipts`, { test: after })).at(-1)?.previousHash).toBe(
      chain.at(-1)?.hash,
    );
  });

  it("fits transforms anew instead of restoring fits on deleted anchors", async () => {
    const { database } = await restoreTo([old], { receipts });
    expect(await runSql("SELECT 1 FROM transforms", database.url)).toEqual([]);
    const after = await openTestApp({ database });
    const { status } = await after.call("POST", `${first}/search`, {
      ...{ query: { anchor: "c2-1" }, modality: "image", target: "image" },
    });
    expect(status).toBe(200);
  });

  it("takes the receipts from a later backup of everything as well", async () => {
    const { restored } = await restoreTo([old], { receipts: newer });
    expect(restored.erased).toBe(3);
  });

  it("is restored as it was where no receipts are given", async () => {
    const { restored, database } = await restoreTo([old]);
    expect(restored).toMatchObject({ erased: 0, receiptsOf: null });
    expect(await runSql("SELECT 1 FROM anchors WHERE id = 'c1-0'", database.url)).toHaveLength(2);
  });

  it("is refused together with receipts that are older than itself", async () => {
    await expect(restoreTo([newer], { receipts: old })).rejects.toThrow(
      /does not continue the receipts of deleted collections/,
    );
  });

  it("is refused together with the receipts of another database", async () => {
    const other = await openOrigin();
    await fillCollection(other.test, "first");
    const strange = await backUp(other.test.service.store, { contents: "receipts" });
    await expect(restoreTo([old], { receipts: strange })).rejects.toThrow(
      'does not continue the receipts of "first"',
    );
  });

  it("does not stand for a backup if it holds receipts alone", async () => {
    await expect(restoreTo([receipts])).rejects.toThrow("holds receipts alone");
  });
});

describe("incremental backups", () => {
  it("restore to the state of the last one, over changes, deletions and new collections", async () => {
    const origin = await openOrigin();
    const { test } = origin;
    await fillCollection(test, "first");
    const full = await backUp(test.service.store);
    const [anchor, other] = anchorBodies(6);
    await test.call("PUT", `${first}/anchors`, { anchors: [{ ...anchor, text: "changed" }] });
    await test.call("DELETE", `${first}/anchors/c1-0`);
    const second = await backUp(test.service.store, { since: full });
    await test.call("PUT", `${first}/anchors`, { anchors: [{ ...other, text: "changed too" }] });
    await test.call("DELETE", `${first}/anchors/c2-0`);
    await fillCollection(test, "later", 2, 3);
    const third = await backUp(test.service.store, { since: second });
    const { database } = await restoreTo([full, second, third]);
    for (const table of ["collections", "anchors", "vectors", "images", "receipts", "transforms"]) {
      const rows = (url: string) =>
        runSql(`SELECT to_jsonb(t) AS row FROM ${table} t ORDER BY to_jsonb(t)::text`, url);
      expect(await rows(database.url), table).toEqual(await rows(origin.database.url));
    }
  });

  it("take vectors of other encoders whole, and leave out those of the encoders before", async () => {
    const origin = await openOrigin();
    const { url } = origin.database;
    const { store } = origin.test.service;
    await fillCollection(origin.test, "first");
    const full = await backUp(store);
    // As a move to another encoder leaves them: no anchor has another sequence.
    await runSql(
      `INSERT INTO encoders (id, modality, dimension, sha256, source, licence, external)
         SELECT 'other', modality, dimension, sha256, source, licence, external FROM encoders WHERE modality = 'image';
       INSERT INTO vectors SELECT anchor_key, (SELECT key FROM encoders WHERE id = 'other'), data FROM vectors v
         JOIN encoders e ON e.key = v.encoder_key WHERE e.modality = 'image';
       DELETE FROM vectors v USING encoders e, collections c
         WHERE e.key = v.encoder_key AND e.key = c.image_encoder;
       UPDATE collections SET image_encoder = (SELECT key FROM encoders WHERE id = 'other'), sequence = sequence + 1`,
      url,
    );
    const next = await backUp(store, { since: full });
    const { database } = await restoreTo([full, next]);
    const vectors = (of: string) =>
      runSql("SELECT anchor_key, encoder_key, data FROM vectors ORDER BY 1, 2", of);
    expect(await vectors(database.url)).toEqual(await vectors(url));
  });

  it("are refused without the backup that they continue, and in another order", async () => {
    const { test } = await openOrigin();
    await fillCollection(test, "first", 2);
    const full = await backUp(test.service.store);
    const second = await backUp(test.service.store, { since: full });
    const third = await backUp(test.service.store, { since: second });
    await expect(restoreTo([second])).rejects.toThrow(/continues the backup of .*; give that one before it/);
    await expect(restoreTo([full, third])).rejects.toThrow("continues the backup of");
    await expect(restoreTo([full, full])).rejects.toThrow("is a full backup: restore it by itself");
  });
});

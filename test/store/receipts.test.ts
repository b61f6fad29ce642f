import { describe, expect, test } from "vitest";
import {
  faultOfReceipt,
  hashOfContent,
  hashOfId,
  splitAnchors,
  type CollectionRecord,
  type ReceiptEntry,
  type Store,
  listReceipts,
  upsertAnchors,
  deleteAnchors,
  recordErasure,
  findReceipt,
} from "../../src/store/index.ts";
import type { Sequence } from "../../src/types.ts";
import { freshDatabase, openTestStore, runSql } from "../support/postgres.ts";
import { anchor, idsOf, newCollection } from "./fixtures.ts";

const chainOf = (store: Store, collection: CollectionRecord) =>
  listReceipts(store, collection, { after: 0, limit: 1_000 });

const faultIn = (name: string, chain: readonly ReceiptEntry[]): string | null => {
  let before: ReceiptEntry | null = null;
  for (const entry of chain) {
    const fault = faultOfReceipt(name, entry, before);
    if (fault !== null) return fault;
    before = entry;
  }
  return null;
};

/** Three deletions, the first two of which are on record as erased. */
const withDeletions = async () => {
  const database = await freshDatabase();
  const store = await openTestStore(database);
  const collection = await newCollection(store);
  await upsertAnchors(
    store,
    collection,
    ["a", "b", "c", "d"].map((id) => anchor(id)),
  );
  await deleteAnchors(store, collection, idsOf("a"));
  const { sequence } = await deleteAnchors(store, collection, idsOf("c", "b", "never"));
  await recordErasure(store, collection, sequence);
  await deleteAnchors(store, collection, idsOf("d"));
  return { database, store, collection };
};

describe("a deletion's receipt", () => {
  test("holds salted hashes of the id and the content of each anchor, and nothing else of it", async () => {
    const store = await openTestStore();
    const collection = await newCollection(store);
    const content = anchor("owl", { caption: "a grey owl", metadata: { z: [1, { b: 2, a: null }], a: "é" } });
    await upsertAnchors(store, collection, [content, anchor("hen")]);
    const { receipt, sequence } = await deleteAnchors(store, collection, idsOf("owl", "never", "hen"));
    const found = await findReceipt(store, collection, receipt?.id ?? "");
    expect(found).toEqual({ ...receipt, erased: null });
    expect(found).toMatchObject({ kind: "deletion", sequence, count: 2, position: 1 });
    const { salt, anchors } = found as ReceiptEntry;
    const hashes = splitAnchors(anchors).map(({ id, content: of }) => [
      id.toString("hex"),
      of.toString("hex"),
    ]);
    expect(hashes).toContainEqual([
      hashOfId(salt, content.id).toString("hex"),
      hashOfContent(salt, content).toString("hex"),
    ]);
    expect(hashes).toHaveLength(2);
    expect(Buffer.from(anchors).includes("owl")).toBe(false);
  });

  test("is not written where nothing is deleted", async () => {
    const store = await openTestStore();
    const collection = await newCollection(store);
    expect(await deleteAnchors(store, collection, idsOf("never"))).toMatchObject({ receipt: null });
    expect(await chainOf(store, collection)).toEqual([]);
  });

  test("says since which generation its installation holds nothing of it, and another's does not", async () => {
    const { database, store, collection } = await withDeletions();
    const states = async (of: Store) =>
      (await chainOf(of, collection)).map(({ kind, erased }) => `${kind} ${erased?.generation ?? "-"}`);
    expect(await states(store)).toEqual(["deletion 1", "deletion 1", "erasure -", "deletion -"]);
    const another = await openTestStore(database);
    expect(await states(another)).toEqual(["deletion -", "deletion -", "erasure -", "deletion -"]);
    expect(await recordErasure(another, collection, 4 as Sequence)).toEqual({ generation: 1, erased: 4 });
    expect(await recordErasure(store, collection, 3 as Sequence)).toEqual({ generation: 1, erased: 0 });
    expect(await recordErasure(store, collection, 4 as Sequence)).toEqual({ generation: 2, erased: 1 });
    expect((await states(store))[3]).toBe("deletion 2");
    expect(faultIn("birds", await chainOf(store, collection))).toBeNull();
  });
});

describe("the chain of receipts", () => {
  test.each([
    ["count", "UPDATE receipts SET count = count + 1 WHERE position = 2", "number 2 was changed"],
    ["time", "UPDATE receipts SET at = at + interval '1 ms' WHERE position = 1", "number 1 was changed"],
    ["sequence", "UPDATE receipts SET sequence = 1 WHERE position = 4", "number 4 was changed"],
    [
      "hashes",
      "UPDATE receipts SET anchors = set_byte(anchors, 5, (get_byte(anchors, 5) + 1) % 256) WHERE position = 2",
      "number 2 was changed",
    ],
    ["generation", "UPDATE receipts SET generation = 7 WHERE position = 3", "number 3 was changed"],
    ["id", "UPDATE receipts SET id = 'x' WHERE position = 1", "number 1 was changed"],
    ["own hash", "UPDATE receipts SET hash = previous_hash WHERE position = 2", "number 2 was changed"],
    ["place", "DELETE FROM receipts WHERE position = 2", "a receipt is missing before number 3"],
    ["beginning", "DELETE FROM receipts WHERE position = 1", "a receipt is missing before number 2"],
    [
      "place in a sequence that was renumbered",
      "DELETE FROM receipts WHERE position = 2; UPDATE receipts SET position = position - 1 WHERE position > 2",
      "number 2 does not follow the one before",
    ],
  ])("breaks where one loses or changes its %s", async (_what, statement, fault) => {
    const { database, store, collection } = await withDeletions();
    expect(faultIn("birds", await chainOf(store, collection))).toBeNull();
    await runSql(statement, database.url);
    expect(faultIn("birds", await chainOf(store, collection))).toBe(fault);
  });

  test("stays whole when two processes delete at once", async () => {
    const database = await freshDatabase();
    const stores = [await openTestStore(database), await openTestStore(database)];
    const [store] = stores;
    if (store === undefined) throw new Error("two were opened");
    const collection = await newCollection(store);
    const ids = Array.from({ length: 40 }, (_, i) => `a${i}`);
    await upsertAnchors(
      store,
      collection,
      ids.map((id) => anchor(id)),
    );
    await Promise.all(ids.map((id, i) => deleteAnchors(stores[i % 2] ?? store, collection, idsOf(id))));
    const chain = await chainOf(store, collection);
    expect(chain).toHaveLength(40);
    expect(faultIn("birds", chain)).toBeNull();
  });
});

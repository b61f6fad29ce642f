import {
  upsertAnchors,
  findCollection,
  listAnchors,
  changesSince,
  deleteAnchors,
  deleteCollection,
  readAll,
} from "../../src/store/index.ts";
import { describe, expect, test } from "vitest";
import type { AnchorId, CollectionName, Sequence } from "../../src/types.ts";
import { openTestStore, freshDatabase, runSql } from "../support/postgres.ts";
import { anchor, newCollection } from "./fixtures.ts";

const BIRDS = "birds" as CollectionName;

describe("a write", () => {
  test.each([
    ["an id twice", anchor("a")],
    ["a caption that Postgres cannot hold", anchor("z", { caption: "nul \0" })],
    ["metadata that Postgres cannot hold", anchor("z", { metadata: { half: "\ud800" } })],
  ])("with %s stores nothing and moves no sequence", async (_, last) => {
    const store = await openTestStore();
    const collection = await newCollection(store);
    await upsertAnchors(store, collection, [anchor("a", { caption: "old" })]);
    const batch = [anchor("a", { caption: "new" }), anchor("b"), last];
    await expect(upsertAnchors(store, collection, batch)).rejects.toMatchObject({ code: "invalid-input" });
    expect(await findCollection(store, BIRDS)).toMatchObject({ sequence: 1, anchorCount: 1 });
    expect(await listAnchors(store, collection, { after: null, limit: 9 })).toMatchObject([
      { id: "a", caption: "old" },
    ]);
    expect(await changesSince(store, collection, 1 as Sequence)).toEqual([]);
  });

  test("that fails in its last rows stores nothing of the first", async () => {
    const store = await openTestStore();
    const collection = await newCollection(store);
    const broken = { ...collection, textEncoder: { ...collection.textEncoder, key: 999 } };
    await expect(upsertAnchors(store, broken, [anchor("a")])).rejects.toThrow();
    expect(await findCollection(store, BIRDS)).toMatchObject({ sequence: 0, anchorCount: 0 });
    expect(await upsertAnchors(store, collection, [anchor("a")])).toEqual({ sequence: 1, ids: ["a"] });
  });

  test("of many writers at once gets a sequence of its own, without gaps", async () => {
    const database = await freshDatabase();
    const stores = [await openTestStore(database), await openTestStore(database)];
    const collection = await newCollection(stores[0] ?? (await openTestStore(database)));
    const writes = Array.from({ length: 40 }, async (_, at) => {
      const store = stores[at % 2] ?? (await openTestStore(database));
      const ids = [`a${at % 7}`, `b${at}`];
      const result =
        at % 5 === 4
          ? await deleteAnchors(store, collection, [`b${at}` as AnchorId, `a${(at * 3) % 7}` as AnchorId])
          : await upsertAnchors(
              store,
              collection,
              ids.map((id) => anchor(id)),
            );
      return { ...result, moved: result.ids.length > 0 };
    });
    const results = (await Promise.all(writes)).filter(({ moved }) => moved);
    const sequences = results.map(({ sequence }) => Number(sequence)).sort((one, other) => one - other);
    expect(sequences).toEqual(Array.from({ length: results.length }, (_, at) => at + 1));
    for (const store of stores) {
      const changes = await changesSince(store, collection, 0 as Sequence);
      expect(changes.map(({ sequence }) => Number(sequence))).toEqual(sequences);
      const [counted] = await runSql<{ n: number }>("SELECT count(*)::int n FROM anchors", database.url);
      expect((await findCollection(store, BIRDS))?.anchorCount).toBe(counted?.n);
    }
  });

  test("to a collection that was deleted meanwhile is told so", async () => {
    const store = await openTestStore();
    const collection = await newCollection(store);
    await deleteCollection(store, BIRDS);
    await expect(upsertAnchors(store, collection, [anchor("a")])).rejects.toMatchObject({
      code: "not-found",
    });
    await expect(deleteAnchors(store, collection, ["a" as AnchorId])).rejects.toMatchObject({
      code: "not-found",
    });
    await expect(readAll(store, collection, () => undefined)).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("reading all", () => {
  test("shows the anchors as of one sequence while writes go on", async () => {
    const store = await openTestStore();
    const collection = await newCollection(store);
    const ids = Array.from({ length: 2_500 }, (_, at) => `a${String(at).padStart(5, "0")}`);
    await upsertAnchors(
      store,
      collection,
      ids.map((id) => anchor(id)),
    );
    const seen: string[] = [];
    const totals = new Set<number>();
    const sequence = await readAll(store, collection, async (batch, total) => {
      for (const found of batch) seen.push(`${found.id} ${found.caption ?? ""}`);
      totals.add(total);
      await upsertAnchors(store, collection, [
        anchor("a02499", { caption: "later" }),
        anchor(`b${seen.length}`),
      ]);
      await deleteAnchors(store, collection, ["a02498" as AnchorId]);
    });
    expect(sequence).toBe(1);
    expect(totals).toEqual(new Set([2_500]));
    expect(seen).toEqual(ids.map((id) => `${id} caption of ${id}`));
  });

  test("ends with the error of its reader, and the next read works", async () => {
    const store = await openTestStore();
    const collection = await newCollection(store);
    await upsertAnchors(
      store,
      collection,
      Array.from({ length: 3_000 }, (_, at) => anchor(`a${at}`)),
    );
    for (let time = 0; time < 10; time++)
      await expect(readAll(store, collection, () => Promise.reject(new Error("enough")))).rejects.toThrow(
        "enough",
      );
    let count = 0;
    await readAll(store, collection, (batch) => void (count += batch.length));
    expect(count).toBe(3_000);
  });

  test("of an empty collection gives no batch", async () => {
    const store = await openTestStore();
    const collection = await newCollection(store);
    expect(await readAll(store, collection, () => Promise.reject(new Error("a batch")))).toBe(0);
  });
});

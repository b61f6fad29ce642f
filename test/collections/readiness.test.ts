import { describe, expect, test, vi } from "vitest";
import { deleteCollection } from "../../src/store/index.ts";
import { openTestStore, freshDatabase, runSql } from "../support/postgres.ts";
import { BIRDS, bird, createBirds, found, openPeer } from "./processes.ts";

describe("a process that follows Postgres", () => {
  test("is ready only when memory has what another process has written", async () => {
    const database = await freshDatabase();
    const [writer, reader] = [await openPeer(database), await openPeer(database)];
    await createBirds(writer);
    for (let i = 0; i < 20; i++) {
      await writer.collections.putAnchors(BIRDS, [bird(`b${i}`, i)]);
      // Not told of the write yet, it may say that it is behind, but never that it is not.
      if ((await reader.collections.behind()).length === 0)
        expect((await found(reader)).length).toBeGreaterThan(i);
    }
    await vi.waitFor(async () => expect(await reader.collections.behind()).toEqual([]), 10_000);
  });

  test("is not ready while Postgres has a collection that could not be loaded", async () => {
    const database = await freshDatabase();
    const first = await openPeer(database);
    await createBirds(first);
    await first.collections.putAnchors(BIRDS, [bird("owl")]);
    // As a crash in the middle of a page would leave it.
    await runSql("ALTER TABLE vectors RENAME TO lost", database.url);
    const second = await openPeer(database);
    await vi.waitFor(() => expect(second.collections.loading()).toEqual([]), 10_000);
    expect(await second.collections.behind()).toEqual([BIRDS]);
    await runSql("ALTER TABLE lost RENAME TO vectors", database.url);
    await vi.waitFor(async () => expect(await second.collections.behind()).toEqual([]), 10_000);
    expect(await found(second)).toEqual(["owl"]);
  });
});

describe("a collection that is created anew", () => {
  test("is described and written to where memory still has the deleted one of its name", async () => {
    const database = await freshDatabase();
    const peer = await openPeer(database);
    const { collections } = peer;
    const store = await openTestStore(database);
    for (let i = 0; i < 10; i++) {
      await createBirds(peer);
      await collections.putAnchors(BIRDS, [bird("owl"), bird("hen")]);
      // Deleted in Postgres alone: memory learns of it later, as in the middle of a deletion.
      await deleteCollection(store, BIRDS);
      await createBirds(peer);
      expect(await collections.get(BIRDS)).toMatchObject({ anchorCount: 0, sequence: 0 });
      await collections.putAnchors(BIRDS, [bird("jay")]);
      expect(await found(peer)).toEqual(["jay"]);
      await collections.remove(BIRDS);
    }
  });
});

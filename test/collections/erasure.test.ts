import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { createErasure, type Erasure } from "../../src/collections/erasure.ts";
import { openAnchorSpace } from "../../src/retrieval/index.ts";
import type { CollectionRecord, Store } from "../../src/store/index.ts";
import { newCollection } from "../store/fixtures.ts";
import { collectingLog } from "../support/log.ts";
import { freshDatabase, openTestStore, type TestDatabase } from "../support/postgres.ts";

let database: TestDatabase;
let store: Store;
let record: CollectionRecord;

beforeAll(async () => {
  database = await freshDatabase();
  store = await openTestStore(database);
  record = await newCollection(store);
});

afterAll(async () => {
  await store.close();
  await database.drop();
});

/** An erasure of an empty space whose snapshots are renewed by `renew`, and the lines that it logs. */
const open = async (
  renew: () => Promise<void>,
): Promise<{ readonly erasure: Erasure; readonly lines: readonly string[] }> => {
  const space = await openAnchorSpace({ imageDimension: 4, textDimension: 4, transform: "none" });
  onTestFinished(() => space.close());
  const lines: string[] = [];
  const log = collectingLog(lines);
  const keeper = { renew, stop: () => Promise.resolve(), close: () => Promise.resolve() };
  return {
    erasure: createErasure(store, record, space, keeper, () => Promise.resolve(), { forget: [] }, log),
    lines,
  };
};

describe("the snapshot after a compaction", () => {
  test("is renewed, also after an earlier erasure has ended", async () => {
    const renew = vi.fn(() => Promise.resolve());
    const { erasure } = await open(renew);
    await erasure.run("vacuum");
    expect(renew).toHaveBeenCalledTimes(1);
    erasure.afterCompaction();
    await erasure.apart(() => Promise.resolve());
    expect(renew).toHaveBeenCalledTimes(2);
  });

  test("is left to an erasure that runs", async () => {
    const renew = vi.fn(() => Promise.resolve());
    const { erasure } = await open(renew);
    const running = erasure.run("vacuum");
    erasure.afterCompaction();
    await running;
    await erasure.apart(() => Promise.resolve());
    expect(renew).toHaveBeenCalledTimes(1);
  });

  test("is not renewed once the collection is closed", async () => {
    const renew = vi.fn(() => Promise.resolve());
    const { erasure } = await open(renew);
    erasure.close();
    erasure.afterCompaction();
    await erasure.apart(() => Promise.resolve());
    expect(renew).not.toHaveBeenCalled();
  });

  test("is named in a warning that says why it was not renewed", async () => {
    const { erasure, lines } = await open(() => Promise.reject(new Error("the disk is full")));
    erasure.afterCompaction();
    await vi.waitFor(() => {
      expect(lines.join("\n")).toContain("the disk is full");
    });
  });
});

describe("an erasure", () => {
  test("fails as unavailable, with the reason, where a file cannot be written", async () => {
    const { erasure } = await open(() => Promise.reject(new Error("the disk is full")));
    await expect(erasure.run("vacuum")).rejects.toMatchObject({
      code: "unavailable",
      message: "Files that hold what was deleted stay: the disk is full",
    });
  });

  test("fails as unavailable where the collection is closed meanwhile", async () => {
    const { erasure } = await open(() => {
      erasure.close();
      return Promise.resolve();
    });
    await expect(erasure.run("vacuum")).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("was closed meanwhile") as string,
    });
  });
});

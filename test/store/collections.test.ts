import { describe, expect, test } from "vitest";
import {
  type TransformRecord,
  findCollection,
  listCollections,
  upsertAnchors,
  saveTransform,
  deleteCollection,
  ensureEncoder,
  loadTransforms,
} from "../../src/store/index.ts";
import type { CollectionName, EncoderId, Sequence } from "../../src/types.ts";
import { freshDatabase, openTestStore, runSql } from "../support/postgres.ts";
import { anchor, externalInfo, newCollection } from "./fixtures.ts";

const BIRDS = "birds" as CollectionName;

const transform = (more: Partial<TransformRecord> = {}): TransformRecord => ({
  kind: "whiten",
  modality: "image",
  version: 1,
  sequence: 0 as Sequence,
  anchorCount: 12,
  mean: Float32Array.of(0.5, -1, 2),
  projection: Float32Array.of(1, 2, 3, 4, 5, 6),
  ...more,
});

describe("collections", () => {
  test("come back as they were made, in name order", async () => {
    const store = await openTestStore();
    const made = await newCollection(store, "b_2");
    await newCollection(store, "b-1");
    await newCollection(store, "a");
    expect(await findCollection(store, "b_2" as CollectionName)).toEqual(made);
    expect(made).toMatchObject({ asif: { k: 800, p: 6.5 }, transform: "none", sequence: 0, anchorCount: 0 });
    expect((await listCollections(store)).map(({ name }) => name)).toEqual(["a", "b-1", "b_2"]);
    expect(await findCollection(store, "c" as CollectionName)).toBeNull();
  });

  test("of a taken name are refused", async () => {
    const store = await openTestStore();
    await newCollection(store);
    await expect(newCollection(store)).rejects.toMatchObject({
      code: "conflict",
      message: 'There is a collection "birds" already.',
    });
  });

  test("that are deleted take everything with them, and their name is free", async () => {
    const database = await freshDatabase();
    const store = await openTestStore(database);
    const collection = await newCollection(store);
    const image = { mediaType: "image/png", bytes: Uint8Array.of(1) };
    await upsertAnchors(store, collection, [anchor("a", { image })]);
    await saveTransform(store, collection, transform());
    expect(await deleteCollection(store, BIRDS)).toMatchObject({ collection: BIRDS, count: 1, position: 1 });
    expect(await deleteCollection(store, BIRDS)).toBeNull();
    for (const table of ["collections", "anchors", "vectors", "images", "originals", "changes", "transforms"])
      expect(await runSql(`SELECT 1 FROM ${table}`, database.url), table).toEqual([]);
    expect((await newCollection(store)).key).not.toBe(collection.key);
  });
});

describe("encoders", () => {
  test("are one record for each id and hash, also when many ask at once", async () => {
    const store = await openTestStore();
    const info = { ...externalInfo("image", 768), id: "inception" as EncoderId, sha256: "aa" };
    const records = await Promise.all(Array.from({ length: 8 }, () => ensureEncoder(store, info)));
    expect(new Set(records.map(({ key }) => key)).size).toBe(1);
    expect(records[0]).toMatchObject({ id: "inception", sha256: "aa", dimension: 768, external: false });
    const others = [
      await ensureEncoder(store, { ...info, sha256: "bb" }),
      await ensureEncoder(store, externalInfo("image", 64), true),
      await ensureEncoder(store, externalInfo("text", 64), true),
    ];
    expect(new Set([...records, ...others].map(({ key }) => key)).size).toBe(4);
  });
});

describe("transforms", () => {
  test("come back bit for bit, the newest of each kind and modality, and older ones are gone", async () => {
    const database = await freshDatabase();
    const store = await openTestStore(database);
    const collection = await newCollection(store);
    const text = transform({ modality: "text", kind: "center", projection: null });
    const newest = transform({
      version: 2,
      sequence: 9 as Sequence,
      mean: Float32Array.of(-0, 2 ** -149, 3e38),
    });
    const weighted = transform({ kind: "csa", weights: Float32Array.of(0.9, 2 ** -149) });
    for (const each of [transform(), text, newest, weighted]) await saveTransform(store, collection, each);
    expect(await loadTransforms(store, collection)).toEqual([weighted, newest, text]);
    expect(await runSql("SELECT 1 FROM transforms", database.url)).toHaveLength(3);
  });

  test("of a deleted collection are refused", async () => {
    const store = await openTestStore();
    const collection = await newCollection(store);
    await deleteCollection(store, BIRDS);
    await expect(saveTransform(store, collection, transform())).rejects.toMatchObject({ code: "not-found" });
  });
});

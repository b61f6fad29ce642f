import {
  saveSelection,
  findSelection,
  listSelections,
  removeSelection,
} from "../../../src/features/selection/table.ts";
import {
  findLabelVectors,
  addLabelVectors,
  removeLabelVectors,
} from "../../../src/features/selection/label-vectors.ts";
import { labelledAnchors, type LabelSource } from "../../../src/features/selection/labelled-anchors.ts";
import { findImages, findVectors } from "../../../src/store/index.ts";
import { describe, expect, test } from "vitest";
import { upsertAnchors, ensureEncoder, addVectors, deleteCollection } from "../../../src/store/index.ts";
import type { CollectionName, JsonValue, Sequence } from "../../../src/types.ts";
import { openTestStore } from "../../support/postgres.ts";
import { anchor, externalInfo, idsOf, newCollection } from "../../store/fixtures.ts";

const image = { mediaType: "image/png", bytes: Uint8Array.of(1, 2, 3) };
const all = (keys: readonly number[]): readonly number[] => keys;

describe("anchors with a label and an image", () => {
  const labels = async (values: Record<string, JsonValue>, source: LabelSource) => {
    const store = await openTestStore();
    const collection = await newCollection(store);
    const anchors = Object.entries(values).map(([id, value]) =>
      anchor(id, { image, metadata: { kind: value } }),
    );
    await upsertAnchors(store, collection, [...anchors, anchor("bare", { metadata: { kind: "fox" } })]);
    return labelledAnchors(store, collection, source, all);
  };

  test("are those whose field is a text, a number, a truth value or a list of such", async () => {
    const values = {
      a: "fox",
      b: 3,
      c: false,
      d: ["fox", 1],
      e: null,
      f: {},
      g: "",
      h: [],
      i: ["fox", null],
      j: [["fox"]],
      k: ["fox", ""],
    };
    const found = await labels(values, { field: "kind" });
    expect(found.anchors.map(({ label }) => label)).toEqual(["fox", 3, false, ["fox", 1]]);
    expect(found).toMatchObject({
      sequence: 1,
      counts: { anchors: 12, withoutLabel: 7, withoutImage: 1 },
    });
  });

  test("are those with a caption, or those that are named", async () => {
    const captions = await labels({ a: 1, b: 2 }, { captions: true });
    expect(captions.anchors.map(({ label }) => label)).toEqual(["caption of a", "caption of b"]);
    const named = await labels({ a: 1, b: 2 }, { ids: idsOf("b", "bare", "nobody") });
    expect(named.anchors.map(({ label }) => label)).toEqual(["b"]);
    expect(named.counts).toEqual({ anchors: 3, withoutLabel: 1, withoutImage: 1 });
  });

  test("have their images and their vectors of any encoder read by key, in what order they stand in ids", async () => {
    const store = await openTestStore();
    const collection = await newCollection(store);
    await upsertAnchors(
      store,
      collection,
      ["b", "a", "c"].map((id) => anchor(id, { image, metadata: { kind: id } })),
    );
    const { anchors } = await labelledAnchors(store, collection, { field: "kind" }, (keys) =>
      keys.slice(0, 2),
    );
    expect(anchors.map(({ label }) => label)).toEqual(["a", "b"]);
    const keys = anchors.map(({ key }) => key);
    const images = await findImages(store, [...keys, 999]);
    expect([...images.keys()].sort()).toEqual([...keys].sort());
    expect([...(images.get(keys[0] ?? 0) ?? [])]).toEqual([1, 2, 3]);
    expect((await findVectors(store, collection.imageEncoder, keys)).get(keys[0] ?? 0)).toEqual(
      Float32Array.of(1, 2, 3),
    );
    const other = await ensureEncoder(store, externalInfo("image", 4), true);
    expect((await findVectors(store, other, keys)).size).toBe(0);
    await addVectors(store, collection, other, [{ key: keys[1] ?? 0, vector: Float32Array.of(1, 2, 3, 4) }]);
    expect(await findVectors(store, other, keys)).toEqual(new Map([[keys[1], Float32Array.of(1, 2, 3, 4)]]));
  });
});

describe("vectors of labels", () => {
  const made = [{ hash: Uint8Array.of(1, 2), vector: Float32Array.of(0.5, -1) }];

  test("are kept until the collection changes, and found by encoder and hash", async () => {
    const store = await openTestStore();
    const collection = await newCollection(store);
    const { textEncoder, imageEncoder } = collection;
    const kept = () =>
      findLabelVectors(store, collection, textEncoder, [Uint8Array.of(1, 2), Uint8Array.of(3)]);
    expect(await addLabelVectors(store, collection, textEncoder, 0 as Sequence, made)).toBe(true);
    expect(await addLabelVectors(store, collection, textEncoder, 0 as Sequence, made)).toBe(true);
    expect((await kept()).map(({ vector }) => vector)).toEqual([Float32Array.of(0.5, -1)]);
    expect(await findLabelVectors(store, collection, imageEncoder, [Uint8Array.of(1, 2)])).toEqual([]);
    await removeLabelVectors(store, collection);
    expect(await kept()).toEqual([]);
    await upsertAnchors(store, collection, [anchor("a")]);
    expect(await addLabelVectors(store, collection, textEncoder, 0 as Sequence, made)).toBe(false);
    expect(await kept()).toEqual([]);
  });
});

describe("selections", () => {
  const selection = (id: string, collection: string | null, at = 0) => ({
    id,
    collection: collection as CollectionName | null,
    createdAt: new Date(at),
    content: { candidates: [id] },
  });

  test("are kept, newest first, until they are removed", async () => {
    const store = await openTestStore();
    await newCollection(store);
    const [old, young] = [selection("old", "birds", 1), selection("young", null, 2)];
    await saveSelection(store, old);
    await saveSelection(store, young);
    expect(await findSelection(store, "old")).toEqual(old);
    expect(await listSelections(store, 10)).toEqual([young, old]);
    expect(await listSelections(store, 1)).toEqual([young]);
    expect(await removeSelection(store, "young")).toBe(true);
    expect(await removeSelection(store, "young")).toBe(false);
    expect(await findSelection(store, "young")).toBeNull();
  });

  test("go with their collection, and none is kept of one that is gone", async () => {
    const store = await openTestStore();
    await newCollection(store);
    await saveSelection(store, selection("a", "birds"));
    await deleteCollection(store, "birds" as CollectionName);
    expect(await listSelections(store, 10)).toEqual([]);
    await expect(saveSelection(store, selection("b", "birds"))).rejects.toMatchObject({ code: "not-found" });
  });
});

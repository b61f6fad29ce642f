import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AnchorWithVectors,
  type CollectionRecord,
  readAll,
  upsertAnchors,
  findAnchors,
  listAnchors,
  findImage,
  existingIds,
  findCollection,
  deleteAnchors,
  changesSince,
} from "../../src/store/index.ts";
import type { AnchorId, CollectionName, Sequence } from "../../src/types.ts";
import { freshDatabase, openTestStore, runSql } from "../support/postgres.ts";
import { anchor, idsOf, newCollection } from "./fixtures.ts";

const all = async (
  store: Awaited<ReturnType<typeof openTestStore>>,
  collection: CollectionRecord,
): Promise<AnchorWithVectors[]> => {
  const anchors: AnchorWithVectors[] = [];
  await readAll(store, collection, (batch) => void anchors.push(...batch));
  return anchors;
};

const bitsOf = (values: Float32Array = new Float32Array()): Uint32Array =>
  new Uint32Array(values.buffer, values.byteOffset, values.length);

describe("anchors", () => {
  test("come back as they were written, from every way of reading", async () => {
    const store = await openTestStore();
    const collection = await newCollection(store);
    const metadata = { owner: 'a "quoted" \\ back', nested: { list: [1, null, true, "ü"] }, empty: {} };
    const image = { mediaType: "image/png", bytes: Uint8Array.from({ length: 256 }, (_, at) => at) };
    const written = anchor("a1", { metadata, image, caption: "line one\nline two\ttab" });
    await upsertAnchors(store, collection, [written, anchor("a2", { caption: null })]);

    const { id, caption, imageVector, textVector } = written;
    const listed = { id, caption, metadata, hasImage: true, sequence: 1 };
    const expected = { ...listed, imageVector, textVector };
    expect(await findAnchors(store, collection, idsOf("a1"))).toEqual([expected]);
    expect((await all(store, collection))[0]).toEqual(expected);
    expect((await listAnchors(store, collection, { after: null, limit: 1 }))[0]).toEqual(listed);
    expect((await all(store, collection))[1]).toMatchObject({ caption: null, hasImage: false });
    const stored = await findImage(store, collection, "a1" as AnchorId);
    expect(stored?.mediaType).toBe("image/png");
    expect(Buffer.from(stored?.bytes ?? [])).toEqual(Buffer.from(image.bytes));
    expect(await findImage(store, collection, "a2" as AnchorId)).toBeNull();
  });

  test("keep any id and caption of well-formed Unicode without U+0000", async () => {
    const store = await openTestStore();
    const collection = await newCollection(store);
    const text = fc
      .string({ unit: "binary", minLength: 1, maxLength: 40 })
      .filter((value) => !value.includes("\0"));
    const awkward = [
      "a/b",
      "../..",
      "🦊",
      "\u{1F468}\u200D\u{1F469}",
      "it's",
      '"',
      "\\",
      "\\N",
      "{}",
      "NULL",
      "%",
      "\n",
    ];
    const ids = [...new Set([...awkward, ...fc.sample(text, { numRuns: 300, seed: 7 })])];
    await upsertAnchors(
      store,
      collection,
      ids.map((id) => anchor(id, { caption: id, metadata: { [id]: id } })),
    );

    const read = await all(store, collection);
    expect(new Set(read.map(({ id }) => id))).toEqual(new Set(ids));
    expect(read.every(({ id, caption, metadata }) => caption === id && metadata[id] === id)).toBe(true);
    expect(await existingIds(store, collection, idsOf(...ids, "absent"))).toEqual(new Set(ids));
    const found = await findAnchors(store, collection, ids as AnchorId[]);
    expect(found).toEqual(read);
  });

  test("are ordered by the bytes of their id's UTF-8", async () => {
    const store = await openTestStore();
    const collection = await newCollection(store);
    // U+FFFD comes before U+1F98A in UTF-8 and after it in UTF-16.
    const ids = ["b", "a", "B", "ä", "z", "a/", "a0", "\u{1F98A}", "\uFFFD", "10", "9"];
    await upsertAnchors(
      store,
      collection,
      ids.map((id) => anchor(id)),
    );
    const ordered = [...ids].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
    expect((await all(store, collection)).map(({ id }) => id)).toEqual(ordered);
    const pages: string[] = [];
    for (let after: AnchorId | null = null; ;) {
      const page = await listAnchors(store, collection, { after, limit: 3 });
      pages.push(...page.map(({ id }) => id));
      after = page.at(-1)?.id ?? null;
      if (after === null) break;
    }
    expect(pages).toEqual(ordered);
  });

  test("keep every bit of a float, of views into larger buffers too", async () => {
    const store = await openTestStore();
    const collection = await newCollection(store, "bits", { image: 2000, text: 2 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 2000, maxLength: 2000 }),
        async (floats) => {
          const larger = new Float32Array(2003);
          larger.set(floats, 3);
          const textVector = Float32Array.of(-0, 2 ** -149);
          await upsertAnchors(store, collection, [
            anchor("v", { imageVector: larger.subarray(3), textVector }),
          ]);
          const [found] = await findAnchors(store, collection, idsOf("v"));
          const [read] = await all(store, collection);
          for (const back of [found, read]) {
            expect(bitsOf(back?.imageVector)).toEqual(bitsOf(Float32Array.from(floats)));
            expect(Object.is(back?.textVector[0], -0)).toBe(true);
            expect(back?.textVector[1]).toBe(2 ** -149);
          }
        },
      ),
      { numRuns: 5, seed: 3 },
    );
  });

  test("of more floats than a page of Postgres holds are kept", async () => {
    const store = await openTestStore();
    const collection = await newCollection(store, "wide", { image: 4096, text: 8192 });
    const imageVector = Float32Array.from({ length: 4096 }, (_, at) => Math.sin(at));
    const textVector = Float32Array.from({ length: 8192 }, (_, at) => Math.cos(at));
    await upsertAnchors(store, collection, [anchor("wide", { imageVector, textVector })]);
    expect((await all(store, collection))[0]).toMatchObject({ imageVector, textVector });
  });

  test("are replaced whole, and nothing of the old one is left in any table", async () => {
    const database = await freshDatabase();
    const store = await openTestStore(database);
    const collection = await newCollection(store);
    const image = { mediaType: "image/png", bytes: Uint8Array.of(1, 2) };
    await upsertAnchors(store, collection, [anchor("a", { image }), anchor("b", { image })]);
    const result = await upsertAnchors(store, collection, [
      anchor("a", { caption: "new", imageVector: Float32Array.of(9, 9, 9) }),
    ]);
    expect(result).toEqual({ sequence: 2, ids: ["a"] });
    const [a] = await findAnchors(store, collection, idsOf("a"));
    expect(a).toMatchObject({ caption: "new", hasImage: false, sequence: 2 });
    const [counts] = await runSql(
      "SELECT (SELECT count(*)::int FROM anchors) a, (SELECT count(*)::int FROM vectors) v, (SELECT count(*)::int FROM images) i",
      database.url,
    );
    expect(counts).toEqual({ a: 2, v: 4, i: 1 });
    expect((await findCollection(store, "birds" as CollectionName))?.anchorCount).toBe(2);
  });

  test("that are deleted leave no row behind, and those that do not exist move no sequence", async () => {
    const database = await freshDatabase();
    const store = await openTestStore(database);
    const collection = await newCollection(store);
    const image = { mediaType: "image/png", bytes: Uint8Array.of(1, 2) };
    await upsertAnchors(store, collection, [anchor("a", { image }), anchor("b", { image })]);
    expect(await deleteAnchors(store, collection, idsOf("nobody", "b", "a", "b"))).toMatchObject({
      sequence: 2,
      ids: ["b", "a"],
    });
    const [counts] = await runSql(
      "SELECT (SELECT count(*)::int FROM anchors) a, (SELECT count(*)::int FROM vectors) v, (SELECT count(*)::int FROM images) i",
      database.url,
    );
    expect(counts).toEqual({ a: 0, v: 0, i: 0 });
    expect(await deleteAnchors(store, collection, idsOf("a"))).toMatchObject({ sequence: 2, ids: [] });
    expect(await findCollection(store, "birds" as CollectionName)).toMatchObject({
      sequence: 2,
      anchorCount: 0,
    });
    expect(await changesSince(store, collection, 0 as Sequence)).toEqual([
      { sequence: 1, kind: "upsert", ids: ["a", "b"] },
      { sequence: 2, kind: "delete", ids: ["b", "a"] },
    ]);
  });
});

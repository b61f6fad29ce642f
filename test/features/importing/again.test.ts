import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AnchorContent } from "../../../src/api/anchor-comparison.ts";
import { faultIn } from "../../../src/features/importing/check.ts";
import { importPairs, openPairSource, planImport } from "../../../src/features/importing/index.ts";
import type { AnchorId, CollectionName } from "../../../src/types.ts";
import { openTestApp, type TestApp } from "../../http/support.ts";
import { QUICK, writeEncoders } from "./encoders.ts";
import { folderOf, picture, writeFiles } from "./support.ts";

let app: TestApp;
let encoders: string;
let names = 0;

beforeAll(async () => {
  encoders = await mkdtemp(join(tmpdir(), "anchorage-"));
  await writeEncoders(encoders);
  app = await openTestApp({ folders: [encoders] });
});

afterAll(async () => {
  await app.close();
  await rm(encoders, { recursive: true });
});

const newCollection = async (): Promise<CollectionName> => {
  const name = `again-${++names}` as CollectionName;
  await app.service.collections.create({ name, imageEncoder: QUICK });
  return name;
};

/** Imports paths; what became of them, with the reasons of rejects. */
const importInto = async (
  name: CollectionName,
  paths: readonly string[],
  { prefix = false, replace = false } = {},
) => {
  const { collections } = app.service;
  const signal = new AbortController().signal;
  const source = await openPairSource(paths, { captionFrom: "auto", table: {} });
  const { identities } = await planImport(source, {
    prefix,
    faultOf: faultIn,
    signal,
    onProgress: () => undefined,
  });
  const reasons: string[] = [];
  const { counts } = await importPairs(
    source,
    {
      compare: (contents) => collections.compareAnchors(name, contents as readonly AnchorContent[]),
      put: async (anchors) => {
        await collections.putAnchors(name, anchors);
      },
    },
    {
      ...{ identities, replace, signal },
      onReject: ({ reason }) => reasons.push(reason),
      onProgress: () => undefined,
    },
  );
  const { stored, present, rejected, changed } = counts;
  return { stored, present, rejected, changed, reasons };
};

const captionsOf = async (name: CollectionName): Promise<Record<string, string | null>> => {
  const { anchors } = await app.service.collections.listAnchors(name, { limit: 1_000 });
  return Object.fromEntries(anchors.map(({ id, text }) => [id, text]));
};

/** A Parquet file as Hugging Face writes it: images as `{bytes, path}`. */
const parquetOf = (rows: readonly (readonly [path: string, bytes: Uint8Array, text: string])[]): Uint8Array =>
  new Uint8Array(
    parquetWriteBuffer({
      schema: [
        { name: "root", num_children: 2 },
        { name: "image", repetition_type: "OPTIONAL", num_children: 2 },
        { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
        { name: "path", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
        { name: "text", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "REQUIRED" },
      ],
      columnData: [
        { name: "image", data: rows.map(([path, bytes]) => ({ bytes, path })) },
        { name: "text", data: rows.map(([, , text]) => text) },
      ],
    }),
  );

const NOTHING_NEW = { stored: 0, rejected: 0, changed: 0, reasons: [] };

describe("a second import", () => {
  it("tells apart what is the same, changed and new", async () => {
    const folder = await folderOf({
      "one.png": await picture(0),
      "one.txt": "a red cirle",
      "two.png": await picture(200),
      "two.txt": "a blue square",
    });
    const name = await newCollection();
    expect(await importInto(name, [folder])).toMatchObject({ stored: 2 });
    await writeFiles(folder, {
      "one.png": await picture(60),
      "one.txt": "a yellow circle",
      "three.png": await picture(120),
      "three.txt": "a green square",
    });
    expect(await importInto(name, [folder])).toEqual({
      ...{ stored: 1, present: 1, rejected: 1, changed: 1 },
      reasons: ["its image and caption differ from what is stored; --replace writes it"],
    });
    expect(await importInto(name, [folder], { replace: true })).toMatchObject({ stored: 3 });
    expect(await captionsOf(name)).toEqual({
      one: "a yellow circle",
      two: "a blue square",
      three: "a green square",
    });
    expect(await importInto(name, [folder])).toEqual({ ...NOTHING_NEW, present: 3 });
  });

  it("rejects other files of the same names from another folder, and stores them with a prefix", async () => {
    const root = await folderOf({
      "2023/IMG_1.png": await picture(0),
      "2023/IMG_1.txt": "a red circle",
      "2024/IMG_1.png": await picture(90),
      "2024/IMG_1.txt": "a green triangle",
    });
    const name = await newCollection();
    await importInto(name, [join(root, "2023")]);
    expect(await importInto(name, [join(root, "2024")])).toMatchObject({
      ...{ stored: 0, present: 0, rejected: 1 },
      reasons: [
        'its id "IMG_1" is that of an anchor from another source, with another image and caption; ' +
          "--prefix puts the name of the source before each id",
      ],
    });
    expect(await importInto(name, [join(root, "2024")], { replace: true })).toMatchObject({ rejected: 1 });
    expect(await importInto(name, [join(root, "2024")], { prefix: true })).toMatchObject({ stored: 1 });
    expect(await captionsOf(name)).toEqual({ IMG_1: "a red circle", "2024/IMG_1": "a green triangle" });
    expect(await importInto(name, [join(root, "2024")])).toEqual({ ...NOTHING_NEW, present: 1 });
  });

  it("stores folders and files of one name that are imported together, once", async () => {
    const root = await folderOf({
      "2023/trip/a.png": await picture(0),
      "2023/trip/a.txt": "red",
      "2024/trip/a.png": await picture(90),
      "2024/trip/a.txt": "green",
      "2024/trip/b.png": await picture(180),
      "2024/trip/b.jpg": await picture(270),
      "2024/trip/b.txt": "blue",
    });
    const folders = [join(root, "2023", "trip"), join(root, "2024", "trip")];
    const name = await newCollection();
    expect(await importInto(name, folders)).toMatchObject({ stored: 4, rejected: 0 });
    expect(await importInto(name, folders)).toEqual({ ...NOTHING_NEW, present: 4 });
    for (const folder of folders) expect(await importInto(name, [folder])).toMatchObject(NOTHING_NEW);
  });

  it("stores a file that comes to have the name of another but for the extension", async () => {
    const folder = await folderOf({ "fox.jpg": await picture(20), "fox.txt": "a fox" });
    const name = await newCollection();
    await importInto(name, [folder]);
    await writeFiles(folder, { "fox.gif": await picture(40) });
    expect(await importInto(name, [folder])).toMatchObject({ stored: 1, present: 1, rejected: 0 });
    expect(Object.keys(await captionsOf(name))).toEqual(["fox", "fox.gif"]);
    expect(await importInto(name, [folder])).toEqual({ ...NOTHING_NEW, present: 2 });
  });

  it("moves nothing when a row with another caption of an image is put on top", async () => {
    const folder = await folderOf({
      "a.png": await picture(0),
      "t.csv": "path,caption\na.png,a fox\na.png,a red fox\n",
    });
    const table = join(folder, "t.csv");
    const name = await newCollection();
    await importInto(name, [table]);
    const before = await captionsOf(name);
    await writeFiles(folder, { "t.csv": "path,caption\na.png,an animal\na.png,a fox\na.png,a red fox\n" });
    expect(await importInto(name, [table])).toMatchObject({ stored: 1, present: 2, rejected: 0 });
    expect(await captionsOf(name)).toMatchObject(before);
  });

  it("moves nothing when an image gets a second caption", async () => {
    const folder = await folderOf({ "a.png": await picture(0), "t.csv": "path,caption\na.png,a fox\n" });
    const table = join(folder, "t.csv");
    const name = await newCollection();
    await importInto(name, [table]);
    await writeFiles(folder, { "t.csv": "path,caption\na.png,an animal\na.png,a fox\n" });
    expect(await importInto(name, [table])).toMatchObject({ stored: 1, present: 1, rejected: 0 });
    expect(await captionsOf(name)).toMatchObject({ a: "a fox" });
  });

  it("does not double a collection that version 0.1 imported", async () => {
    const image = await picture(0);
    const folder = await folderOf({
      "a.png": image,
      "t.csv": "path,caption\na.png,a fox\na.png,a red fox\n",
    });
    const name = await newCollection();
    await app.service.collections.putAnchors(name, [
      { id: "a" as AnchorId, text: "a fox", image },
      { id: "a#2" as AnchorId, text: "a red fox", image },
    ]);
    await app.service.store.query((queries) =>
      queries.execute("UPDATE anchors SET image_hash = NULL, caption_hash = NULL, metadata_hash = NULL"),
    );
    expect(await importInto(name, [join(folder, "t.csv")])).toEqual({ ...NOTHING_NEW, present: 2 });
  });

  it("stores images of two Parquet files that repeat a path, whether together or one after the other", async () => {
    const folder = await folderOf({
      "train-0.parquet": parquetOf([["000.jpg", await picture(0), "a red circle"]]),
      "train-1.parquet": parquetOf([
        ["000.jpg", await picture(200), "a blue square"],
        ["000.jpg", await picture(90), "a green one"],
      ]),
    });
    const files = ["train-0.parquet", "train-1.parquet"].map((file) => join(folder, file));
    const [together, apart] = [await newCollection(), await newCollection()];
    expect(await importInto(together, files)).toMatchObject({ stored: 3, rejected: 0 });
    for (const file of files) expect(await importInto(apart, [file])).toMatchObject({ rejected: 0 });
    for (const name of [together, apart]) {
      expect(Object.keys(await captionsOf(name))).toHaveLength(3);
      expect(await importInto(name, files)).toEqual({ ...NOTHING_NEW, present: 3 });
    }
  });
});

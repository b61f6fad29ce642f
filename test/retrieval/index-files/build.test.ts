import { rmSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  buildIndexFiles,
  collectVectors,
  prepareIndexFolder,
  removeIndexFiles,
  type Vectors,
  type VectorSource,
} from "../../../src/retrieval/index-files/index.ts";
import { loadHnsw, readProfile, unitRows, type IndexProfile } from "../../../src/retrieval/index.ts";
import type { AnchorId, CollectionName, Sequence } from "../../../src/types.ts";
import { createClient } from "../../../src/features/client.ts";
import { createInProcessFetch } from "../../../src/http/index.ts";
import { BASE, openTestApp } from "../../http/support.ts";
import { temporaryDirectory } from "../../support/postgres.ts";
import { normals, seededRandom } from "../../support/random.ts";

const DIMENSIONS = { image: 16, text: 8 };
const BIRDS = "birds" as CollectionName;
const hnswlib = await loadHnsw();
const profile = readProfile("default");

const vectorsOf = (count: number, sequence = 1): Vectors => {
  const random = seededRandom(sequence);
  const rowsOf = (dimension: number) => unitRows(normals(count * dimension, random), dimension);
  return {
    collection: BIRDS,
    sequence: sequence as Sequence,
    ids: Array.from({ length: count }, (_, i) => `a${i}` as AnchorId),
    rows: { image: rowsOf(DIMENSIONS.image), text: rowsOf(DIMENSIONS.text) },
    dimensions: DIMENSIONS,
    encoders: { image: { id: "i", sha256: "" }, text: { id: "t", sha256: "" } },
  };
};

const build = (
  vectors: Vectors,
  directory: string,
  options: Partial<Parameters<typeof buildIndexFiles>[1]> = {},
) =>
  buildIndexFiles(vectors, {
    profile,
    hnswlib,
    directory,
    check: 50,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...options,
  });

const named = (name: string, hnsw: Partial<IndexProfile["hnsw"]> = {}): IndexProfile => ({
  ...profile,
  name,
  hnsw: { ...profile.hnsw, ...hnsw },
});

describe.skipIf(hnswlib === undefined)("index files", () => {
  it("hold the rows as float32 and a graph that finds them, ids line by line", async () => {
    const directory = await temporaryDirectory();
    const vectors = vectorsOf(300);
    const { manifest, graphs } = await build(vectors, directory);
    const { exact, hnsw } = manifest.indexes.text;
    const bytes = await readFile(join(directory, exact.file));
    expect(new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)).toEqual(vectors.rows.text);
    const ids = (await readFile(join(directory, manifest.ids.file), "utf8")).trimEnd().split("\n");
    expect(ids.map((id) => JSON.parse(id) as string)).toEqual(vectors.ids);
    const library = hnswlib ?? expect.unreachable();
    const graph = new library.HierarchicalNSW("ip", DIMENSIONS.text);
    graph.readIndexSync(join(directory, hnsw?.file ?? ""));
    const row = Array.from(vectors.rows.text.subarray(7 * DIMENSIONS.text, 8 * DIMENSIONS.text));
    expect(graph.searchKnn(row, 1).neighbors).toEqual([7]);
    expect(graphs.image?.recall).toBeGreaterThan(0.99);
  });

  it("measure what a poor graph misses, and find nothing missing among equal vectors", async () => {
    const directory = await temporaryDirectory();
    const poor = named("poor", { m: 2, efConstruction: 8, ef: 1 });
    const { graphs } = await build(vectorsOf(2_000), directory, { profile: poor });
    expect(graphs.image?.recall).toBeLessThan(0.9);
    const equal = vectorsOf(200);
    equal.rows.text.forEach((_, i, rows) => (rows[i] = i % DIMENSIONS.text === 0 ? 1 : 0));
    expect((await build(equal, directory)).graphs.text?.recall).toBe(1);
  });

  it("are the same for the same vectors", async () => {
    const [first, second] = [await temporaryDirectory(), await temporaryDirectory()];
    const { manifest } = await build(vectorsOf(100), first);
    expect((await build(vectorsOf(100), second)).manifest).toEqual(manifest);
  });

  it("take the place of those before them, and leave those of other profiles", async () => {
    const directory = await temporaryDirectory();
    await build(vectorsOf(50, 1), directory);
    await build(vectorsOf(50, 1), directory, { profile: named("other", { m: 8 }) });
    const { manifest } = await build(vectorsOf(50, 2), directory);
    const names = await readdir(directory);
    // ids and two exact matrices of both sequences (ids are equal), two graphs of each profile, two manifests.
    expect(names).toHaveLength(1 + 4 + 4 + 2);
    expect(names).toContain(manifest.indexes.image.exact.file);
  });

  it("are left as they were by a build that is stopped", async () => {
    const directory = await temporaryDirectory();
    await build(vectorsOf(50, 1), directory);
    const before = await readdir(directory);
    const stop = new AbortController();
    const stopped = build(vectorsOf(50, 2), directory, {
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
    expect(await readdir(directory)).toEqual(before);
  });

  it("are cleared of what a killed build left", async () => {
    const directory = await temporaryDirectory();
    await mkdir(join(directory, ".building-4194305"));
    await build(vectorsOf(10), directory);
    expect(await readdir(directory)).not.toContain(".building-4194305");
  });

  it("hold a single anchor, of which no recall can be measured", async () => {
    const { graphs } = await build(vectorsOf(1), await temporaryDirectory());
    expect(graphs.image?.recall).toBeNull();
  });
});

describe("the folder of index files", () => {
  const exactOnly = { hnswlib: undefined };

  it("is refused to a collection where another one's files of that profile lie", async () => {
    const directory = await temporaryDirectory();
    await build(vectorsOf(10), directory, exactOnly);
    const before = await readdir(directory);
    const others = { ...vectorsOf(10, 2), collection: "fish" as CollectionName };
    await expect(build(others, directory, exactOnly)).rejects.toMatchObject({
      code: "conflict",
      message: `${join(directory, "default.json")} describes the index files of collection "birds"; name another folder by --out`,
    });
    expect(await readdir(directory)).toEqual(before);
  });

  it("is refused where a file of another kind has the manifest's name", async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, "default.json"), "{}");
    await expect(build(vectorsOf(10), directory, exactOnly)).rejects.toMatchObject({ code: "conflict" });
    expect(await readdir(directory)).toEqual(["default.json"]);
  });

  it.each([
    ["file", "is a file, and a folder is needed"],
    ["file/below", "lies below a file"],
  ])("is refused where its path, %s, cannot be one", async (path, reason) => {
    const root = await temporaryDirectory();
    await writeFile(join(root, "file"), "");
    const place = { directory: join(root, path), collection: BIRDS, profile: "default" };
    await expect(prepareIndexFolder(place)).rejects.toMatchObject({
      code: "invalid-input",
      message: `${place.directory} ${reason}`,
    });
  });
});

describe("index files without the HNSW library", () => {
  it("are the exact matrices alone", async () => {
    const { manifest, graphs } = await build(vectorsOf(10), await temporaryDirectory(), {
      hnswlib: undefined,
    });
    expect(manifest.indexes.image.hnsw).toBeNull();
    expect(graphs).toEqual({ image: null, text: null });
  });
});

describe("a collection's vectors", () => {
  it("are read as of one sequence, again where they change meanwhile, normalised", async () => {
    const app = await openTestApp();
    const { collections } = app.service;
    await collections.create({
      name: BIRDS,
      imageEncoder: { external: { dimension: 2 } },
      textEncoder: { external: { dimension: 2 } },
    });
    const put = (id: string) =>
      collections.putAnchors(BIRDS, [{ id: id as AnchorId, imageVector: [3, 4], textVector: [0, 2] }]);
    await put("a");
    let reads = 0;
    const client = createClient({ url: BASE, fetch: createInProcessFetch(app.app) });
    const birds = client.collection(BIRDS);
    const source: VectorSource = {
      get: () => birds.get(),
      listAnchors: async function* (options) {
        const anchors = [];
        for await (const anchor of birds.listAnchors(options)) anchors.push(anchor);
        if (reads++ === 0) await put("b");
        yield* anchors;
      },
    };
    const signal = new AbortController().signal;
    const vectors = await collectVectors(source, signal, () => undefined);
    expect(reads).toBe(2);
    expect(vectors).toMatchObject({ sequence: 2, ids: ["a", "b"] });
    expect(Array.from(vectors.rows.image, (value) => value.toFixed(2))).toEqual([
      "0.60",
      "0.80",
      "0.60",
      "0.80",
    ]);
    await app.close();
  });
});

describe("index files of a collection that is compacted", () => {
  const remove = (root: string, sequence: number) => removeIndexFiles(root, BIRDS, sequence as Sequence);

  it("are removed where they were built before, with what killed builds left", async () => {
    const root = await temporaryDirectory();
    const directory = join(root, BIRDS);
    await build(vectorsOf(20, 3), directory);
    const files = await readdir(directory);
    expect(await remove(root, 3)).toBe(0);
    expect(await readdir(directory)).toEqual(files);
    await mkdir(join(directory, ".building-1"));
    await writeFile(join(directory, "text-exact-0123456789abcdef.f32"), "of no manifest");
    await writeFile(join(directory, "notes.txt"), "a person's");
    expect(await remove(root, 4)).toBe(files.length + 2);
    expect(await readdir(directory)).toEqual(["notes.txt"]);
  });

  it("stay where another collection's manifest beside them names them", async () => {
    const root = await temporaryDirectory();
    const directory = join(root, BIRDS);
    const { manifest } = await build(vectorsOf(20, 3), directory);
    const other = { ...manifest, collection: "fish" };
    await writeFile(join(directory, "fish.json"), JSON.stringify(other));
    expect(await remove(root, 4)).toBe(1);
    expect(await readdir(directory)).toContain(manifest.ids.file);
    expect(await readdir(directory)).not.toContain("default.json");
  });

  it("fail to be built where they were begun before", async () => {
    const root = await temporaryDirectory();
    const directory = join(root, BIRDS);
    const building = build(vectorsOf(20, 3), directory, {
      onProgress: () => {
        rmSync(join(directory, `.building-${process.pid}`), { recursive: true, force: true });
      },
    });
    await expect(building).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringContaining("lost files that were being written, as compaction does") as string,
    });
  });

  it("are none where none were built", async () => {
    expect(await remove(await temporaryDirectory(), 4)).toBe(0);
  });
});

import { once } from "node:events";
import { access, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient, type AnchorageClient } from "../../src/features/client.ts";
import { npyHeader } from "../../src/features/files/npy/index.ts";
import { loadGraphLibrary, unitRows } from "../../src/retrieval/index.ts";
import { runScript, startScript } from "../scripts/run-script.ts";
import { normals, seededRandom } from "../support/random.ts";
import { makeDataDir, startService, type DataDir, type Running } from "./running.ts";

const COUNT = 6_000;
const [IMAGE, TEXT] = [256, 64];
/** Of what the vectors are made, so that a graph finds its way as it does among real ones. */
const LATENT = 8;

let data: DataDir;
let service: Running;
let client: AnchorageClient;
let images: Float32Array;

const vectorsOf = (count: number, dimension: number, seed: number): Float32Array => {
  const random = seededRandom(seed);
  const mixing = normals(LATENT * dimension, random);
  const rows = new Float32Array(count * dimension);
  for (let row = 0; row < count; row++) {
    const latent = normals(LATENT, random);
    for (let i = 0; i < dimension; i++)
      rows[row * dimension + i] = latent.reduce(
        (sum, value, j) => sum + value * (mixing[j * dimension + i] ?? 0),
        0,
      );
  }
  return rows;
};

const writeNpy = async (name: string, rows: Float32Array, dimension: number): Promise<string> => {
  const path = join(data.path, name);
  const header = npyHeader([rows.length / dimension, dimension]);
  await writeFile(path, Buffer.concat([header, Buffer.from(rows.buffer)]));
  return path;
};

const imageOf = (row: number): number[] => Array.from(images.subarray(row * IMAGE, (row + 1) * IMAGE));

const search = (row: number, more: { readonly ef?: number } = {}) =>
  client.collection("web").search({
    query: { vector: imageOf(row), modality: "image" },
    target: "image",
    limit: 10,
    k: 10,
    mode: "unimodal",
    ...more,
  });

/** Files below DATA_DIR/indexes that hold the vector, as it was sent or of norm 1. */
const filesWith = async (row: number): Promise<string[]> => {
  const raw = images.slice(row * IMAGE, (row + 1) * IMAGE);
  const wanted = [raw, unitRows(raw, IMAGE)].map((vector) => Buffer.from(vector.slice(8, 24).buffer));
  const root = join(data.path, "indexes");
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    if (wanted.some((part) => bytes.includes(part))) found.push(path.slice(root.length + 1));
  }
  return found;
};

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

describe.skipIf((await loadGraphLibrary()) === undefined)(
  "an index that npm run build-index has built",
  () => {
    beforeAll(async () => {
      data = await makeDataDir();
      images = vectorsOf(COUNT, IMAGE, 1);
      const files = [
        ...["--image-vectors", await writeNpy("images.npy", images, IMAGE)],
        ...["--text-vectors", await writeNpy("texts.npy", vectorsOf(COUNT, TEXT, 2), TEXT)],
      ];
      const { status, stdout, stderr } = await runScript(
        "build-index",
        ["--collection", "web", "--kind", "hnsw", ...files],
        data.path,
      );
      expect([status, stderr]).toEqual([
        0,
        expect.stringContaining('collection "web" was not there and is made'),
      ]);
      expect(stdout).toMatch(/^web: 6000 anchors at sequence \d+, profile hnsw, in /);
      service = await startService(data.path);
      client = createClient({ url: service.url });
    });

    afterAll(async () => {
      await service.end("SIGTERM");
      await data.remove();
    });

    it("comes with a snapshot, from which the service starts", async () => {
      await expect
        .poll(() => service.output(), { timeout: 20_000 })
        .toContain("collection web: 6000 anchors loaded from a snapshot");
    });

    it("is adopted by a service that starts, whose planner takes it where it is faster", async () => {
      await expect
        .poll(async () => (await search(7)).plan, { timeout: 20_000 })
        .toMatchObject({ index: "hnsw", anchors: COUNT, transform: "none" });
      const { plan, hits } = await search(7);
      expect(plan.otherMs).toBeGreaterThan(plan.estimateMs);
      expect(hits[0]).toMatchObject({ id: "7" });
      const { indexes } = await client.collection("web").get();
      expect(indexes.image.graph).toMatchObject({ source: "adopted", state: "ready", vectors: COUNT });
    });

    it("does not find what is deleted, and after a compaction no file holds it", async () => {
      expect((await filesWith(7)).length).toBeGreaterThan(0);
      await client.collection("web").deleteAnchor("7");
      const { plan, hits } = await search(7);
      expect(plan.index).toBe("hnsw");
      expect(hits).toHaveLength(10);
      expect(hits.map(({ id }) => id)).not.toContain("7");
      await client.collection("web").compact();
      expect(await filesWith(7)).toEqual([]);
      expect(await isThere(join(data.path, "indexes", "web", "manifest.json"))).toBe(false);
      expect((await search(8)).plan).toMatchObject({ reason: "the HNSW graph is being built" });
      expect(await filesWith(8)).toEqual([expect.stringMatching(/\.snapshot$/)]);
    });

    it("is adopted by a service that runs beside the build, as soon as it is done", async () => {
      const port = new URL(service.url).port;
      const { status, stderr } = await runScript(
        "build-index",
        ["--collection", "web", "--kind", "hnsw"],
        data.path,
        { PORT: port },
      );
      expect(stderr).toContain(
        `adopted by the service at http://127.0.0.1:${port} (image: 0 hidden, 0 to insert;`,
      );
      expect(status).toBe(0);
      const { indexes } = await client.collection("web").get();
      expect(indexes.text.graph).toMatchObject({ source: "adopted", state: "ready", vectors: COUNT - 1 });
    });

    it("is not adopted where a file was damaged, and is removed then", async () => {
      const folder = join(data.path, "indexes", "web");
      const graph = (await readdir(folder)).find((name) => name.startsWith("text-")) ?? "";
      const bytes = await readFile(join(folder, graph));
      bytes[1_000] = (bytes[1_000] ?? 0) ^ 1;
      await writeFile(join(folder, graph), bytes);
      await expect(client.collection("web").adoptIndexes()).rejects.toMatchObject({
        code: "unprocessable",
        message: `The built index cannot be used: ${graph} does not have the sha256 that the manifest names. Its files were removed.`,
      });
      await expect(client.collection("web").adoptIndexes()).rejects.toMatchObject({
        code: "not-found",
        message:
          'No index was built for collection "web"; npm run build-index -- --collection web builds one.',
      });
    });
  },
);

describe.skipIf((await loadGraphLibrary()) === undefined)("npm run build-index that is killed", () => {
  const [count, dimension] = [15_000, 8];
  let place: DataDir;

  beforeAll(async () => {
    place = await makeDataDir();
    data = place;
  });
  afterAll(() => place.remove());

  it("goes on from its last save, and gives the graphs that it would have given", async () => {
    const rows = await writeNpy("rows.npy", vectorsOf(count, dimension, 3), dimension);
    const wanted = ["--collection", "many", "--kind", "hnsw"];
    const args = [...wanted, "--image-vectors", rows, "--text-vectors", rows];
    const folder = join(place.path, "indexes", "many");
    const killed = startScript("build-index", args, place.path);
    const saved = ["image.json", "text.json"].map((name) => join(folder, "building", name));
    while (!(await Promise.all(saved.map(isThere))).every(Boolean)) await pause(20);
    killed.child.kill("SIGKILL");
    await once(killed.child, "exit").catch(() => undefined);

    const resumed = await runScript("build-index", wanted, place.path);
    expect(resumed.stderr).toContain("going on with the build of 15000 anchors");
    expect(resumed.status).toBe(0);
    const out = join(place.path, "straight");
    const straight = await runScript("build-index", [...wanted, "--out", out], place.path);
    expect(straight.status).toBe(0);
    expect(await readdir(folder)).toEqual(await readdir(out));
  });
});

describe("partitions that npm run build-index has built", () => {
  let place: DataDir;
  let partitioned: Running;

  beforeAll(async () => {
    place = await makeDataDir();
    data = place;
    images = vectorsOf(COUNT, IMAGE, 1);
    const files = [
      ...["--image-vectors", await writeNpy("images.npy", images, IMAGE)],
      ...["--text-vectors", await writeNpy("texts.npy", vectorsOf(COUNT, TEXT, 2), TEXT)],
    ];
    const { status, stdout } = await runScript("build-index", ["--collection", "web", ...files], place.path);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^web: 6000 anchors at sequence \d+, profile default, in /);
    expect(stdout).toMatch(/image: .*, \d+ lists, /);
    partitioned = await startService(place.path);
    client = createClient({ url: partitioned.url });
  });

  afterAll(async () => {
    await partitioned.end("SIGTERM");
    await place.remove();
  });

  const shown = async () => (await client.collection("web").get()).indexes;

  it("are adopted by a service that starts, at any size", async () => {
    await expect
      .poll(async () => (await shown()).image.partitions, { timeout: 20_000 })
      .toMatchObject({ source: "adopted", state: "ready", vectors: COUNT, progress: 1 });
    expect((await shown()).image).toMatchObject({ kind: "partitions", graph: null });
    const { plan, hits } = await search(7, { ef: 64 });
    expect(plan).toMatchObject({ index: "partitions", effort: { lists: 8, reach: null } });
    expect(hits[0]).toMatchObject({ id: "7" });
  });

  it("do not find what is deleted, and after a compaction no file holds it", async () => {
    await client.collection("web").deleteAnchor("7");
    const { plan, hits } = await search(7, { ef: 64 });
    expect(plan.index).toBe("partitions");
    expect(hits.map(({ id }) => id)).not.toContain("7");
    await client.collection("web").compact();
    expect(await filesWith(7)).toEqual([]);
    expect(await isThere(join(place.path, "indexes", "web", "manifest.json"))).toBe(false);
  });

  it("are not adopted where a file was damaged, and are removed then", async () => {
    const { status } = await runScript("build-index", ["--collection", "web"], place.path, {
      PORT: new URL(partitioned.url).port,
    });
    expect(status).toBe(0);
    const folder = join(place.path, "indexes", "web");
    const lists = (await readdir(folder)).find((name) => /^text-.*\.lists$/.test(name)) ?? "";
    const bytes = await readFile(join(folder, lists));
    bytes[1_000] = (bytes[1_000] ?? 0) ^ 1;
    await writeFile(join(folder, lists), bytes);
    await expect(client.collection("web").adoptIndexes()).rejects.toMatchObject({
      code: "unprocessable",
      message: `The built index cannot be used: ${lists} does not have the sha256 that the manifest names. Its files were removed.`,
    });
  });
});

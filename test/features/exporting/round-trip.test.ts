import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient, imageOf, type AnchorageClient } from "../../../src/features/client.ts";
import { BASE, listen, openTestApp, type TestApp } from "../../http/support.ts";
import { runScript, type Ended } from "../../scripts/run-script.ts";
import { temporaryDirectory } from "../../support/postgres.ts";
import { picture } from "../importing/support.ts";

const FORMATS = ["ndjson", "parquet", "tar"] as const;
const METADATA = {
  owner: "ann",
  nested: { list: [1, 2.5, null, true, { deep: "wert" }], empty: {}, none: [] },
  zip: "02134",
  large: 9007199254740991,
  anchorage: false,
  "a.b/c": "\u2028 line\nbreak",
};

let service: TestApp;
let client: AnchorageClient;
let root: string;
let copies = 0;

beforeAll(async () => {
  service = await openTestApp();
  client = createClient({
    url: BASE,
    fetch: async (url, init) => service.app.request(url, init),
  });
  root = await temporaryDirectory();
  await client.createCollection({
    name: "origin",
    imageEncoder: { external: { dimension: 3, name: "mine" } },
    textEncoder: { external: { dimension: 2 } },
  });
  await client.createCollection({
    name: "empty",
    imageEncoder: { external: { dimension: 3 } },
    textEncoder: { external: { dimension: 2 } },
  });
  const vectors = (turn: number) => ({
    imageVector: [Math.cos(turn), Math.sin(turn), 0.3],
    textVector: [1, turn],
  });
  await client.collection("origin").putAnchors([
    {
      id: "2024/trip/IMG.1",
      text: "a red circle",
      image: imageOf(await picture(0)),
      ...vectors(1),
      metadata: METADATA,
    },
    { id: "猫/キャット.été", text: "猫\u2029と\nline", image: imageOf(await picture(120)), ...vectors(2) },
    { id: "no image", text: "only words", ...vectors(3), metadata: { owner: "ann" } },
    { id: "wordless", ...vectors(4) },
    { id: "x.json", text: '{"anchorage":1}', ...vectors(5), metadata: { text: "own", id: 7, image: "none" } },
  ]);
}, 120_000);

afterAll(() => service.close());

const anchorage = async (...args: string[]): Promise<Ended> =>
  runScript("anchorage", args, root, { ANCHORAGE_URL: (await listen(service)).url });

/** Everything that a collection holds of its anchors, but for the sequence of their writes. */
const contentsOf = async (name: string): Promise<unknown[]> => {
  const found: unknown[] = [];
  const collection = client.collection(name);
  for await (const anchor of collection.listAnchors({ vectors: true })) {
    const image = anchor.hasImage ? await collection.getImage(anchor.id, { size: "original" }) : null;
    found.push({
      ...anchor,
      sequence: null,
      image: image === null ? null : Buffer.from(await image.arrayBuffer()).toString("hex"),
    });
  }
  return found;
};

const fileOf = (format: string): string => join(root, `${++copies}.${format}`);

describe.each(FORMATS)("an export as %s", (format) => {
  it("is imported again with the same ids, texts, metadata, images, vectors and encoders", async () => {
    const file = fileOf(format);
    const exported = await anchorage("export", "origin", file);
    expect(exported).toMatchObject({ status: 0, stdout: "" });
    expect(exported.stderr).toContain("5 anchors of origin with 2 images written");
    expect((await readdir(root)).filter((name) => name.endsWith(".part"))).toEqual([]);

    const name = `copy-${copies}`;
    const imported = await anchorage("import", file, "--collection", name);
    expect(imported).toMatchObject({ status: 0 });
    expect(imported.stdout).toContain("5 stored");
    expect(await contentsOf(name)).toEqual(await contentsOf("origin"));
    const { imageEncoder, textEncoder } = await client.collection("origin").get();
    expect(await client.collection(name).get()).toMatchObject({ imageEncoder, textEncoder });

    const again = await anchorage("import", file, "--collection", name);
    expect([again.status, again.stdout]).toEqual([0, "0 stored, 5 were there already, 0 rejected\n"]);
  });

  it("holds what a filter selects, without images where they are not wanted", async () => {
    const file = fileOf(format);
    await anchorage("export", "origin", file, "--filter", '{"owner": "ann"}', "--no-images");
    const name = `copy-${copies}`;
    await anchorage("import", file, "--collection", name);
    expect(await contentsOf(name)).toMatchObject([
      { id: "2024/trip/IMG.1", metadata: METADATA, image: null },
      { id: "no image", image: null },
    ]);
  });

  it("of an empty collection makes an empty collection", async () => {
    const file = fileOf(format);
    expect(await anchorage("export", "empty", file)).toMatchObject({ status: 0 });
    const name = `copy-${copies}`;
    expect(await anchorage("import", file, "--collection", name)).toMatchObject({ status: 0 });
    expect(await client.collection(name).get()).toMatchObject({ anchorCount: 0 });
  });

  it("rejects an anchor that differs from the stored one unless it may replace it", async () => {
    const file = fileOf(format);
    await anchorage("export", "origin", file);
    const name = `copy-${copies}`;
    await anchorage("import", file, "--collection", name);
    await client.collection(name).changeAnchor("no image", { text: "other words" });
    const kept = await anchorage("import", file, "--collection", name);
    expect(kept.status).toBe(3);
    expect(kept.stdout).toContain("0 stored, 4 were there already, 1 rejected (1 changed");
    await anchorage("import", file, "--collection", name, "--replace");
    expect(await contentsOf(name)).toEqual(await contentsOf("origin"));
  });
});

describe("anchorage export", () => {
  it("writes JSON lines to standard output", async () => {
    const { stdout } = await anchorage("export", "origin", "-", "--format", "ndjson", "--no-vectors");
    const [header, ...lines] = stdout.trim().split("\n");
    expect(JSON.parse(header ?? "")).toMatchObject({ anchorage: { version: 1, vectors: false } });
    expect(lines.map((line) => Object.keys(JSON.parse(line) as object))).toContainEqual([
      "id",
      "text",
      "metadata",
    ]);
  });

  it("writes over no file, and asks for a format that it cannot see", async () => {
    const file = fileOf("ndjson");
    await writeFile(file, "mine");
    expect(await anchorage("export", "origin", file)).toMatchObject({ status: 1 });
    expect(await readFile(file, "utf8")).toBe("mine");
    expect((await anchorage("export", "origin", join(root, "x.zip"))).stderr).toContain(
      "--format is required",
    );
  });
});

describe("an import of an export", () => {
  it("refuses a collection with other encoders, and options about reading tables", async () => {
    const file = fileOf("ndjson");
    await anchorage("export", "origin", file);
    expect(await anchorage("import", file, "--collection", "empty")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("its imageEncoder is external") as string,
    });
    const prefixed = await anchorage("import", file, "--collection", "copy", "--prefix");
    expect(prefixed.stderr).toContain("such as an export of Anchorage, are imported as they are");
  });

  it("reads it and stores nothing with --dry-run", async () => {
    const file = fileOf("ndjson");
    await anchorage("export", "origin", file);
    const { stdout } = await anchorage("import", file, "--collection", "never", "--dry-run");
    expect(stdout).toBe("would import 5 anchors; nothing is stored\n");
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import sharp from "sharp";
import { AnchorageApiError, createClient, imageOf, type AnchorageClient } from "../../src/client/index.ts";
import { anchorOf, listen, openTestApp, type TestApp } from "./support.ts";

const KEY = "correct-horse-battery";

let test: TestApp;
let client: AnchorageClient;

beforeAll(async () => {
  test = await openTestApp({ apiKey: KEY });
});

afterAll(() => test.close());

beforeEach(async () => {
  client = createClient({ url: `${(await listen(test)).url}/`, apiKey: KEY });
  await client
    .collection("c")
    .delete()
    .catch(() => undefined);
  await client.createCollection({
    name: "c",
    imageEncoder: { external: { dimension: 3 } },
    textEncoder: { external: { dimension: 2 } },
  });
});

describe("the client", () => {
  it("makes collections, fills and asks them", async () => {
    const c = client.collection("c");
    expect(await c.putAnchors([anchorOf("a"), anchorOf("b/c")])).toMatchObject({ upserted: 2 });
    expect(await c.get()).toMatchObject({ anchorCount: 2 });
    expect((await client.listCollections()).map(({ name }) => name)).toEqual(["c"]);
    const { hits } = await c.search({ query: { anchor: "a" }, target: "image", limit: 1 });
    expect(hits).toMatchObject([{ id: "a", metadata: anchorOf("a").metadata }]);
    const images = [{ anchor: "a" }];
    const texts = [{ vector: [1, 2] }];
    expect((await c.similarity({ images, texts })).scores).toHaveLength(1);
    expect((await c.relative({ inputs: images, modality: "image" })).representations).toHaveLength(1);
    const { results } = await c.classify({ images, classes: [{ name: "x", prompts: texts }], explain: 1 });
    expect(results[0]?.explanation).toHaveLength(1);
    const question = { images, classes: [{ name: "x", prompts: texts }] };
    expect(await c.counterfactual({ ...question, without: { ids: ["a"] } })).toMatchObject({ removed: 1 });
    expect((await c.influence({ ...question, limit: 1 })).anchors).toHaveLength(1);
    expect(await c.getAnchor("b/c", { vectors: true })).toMatchObject({
      textVector: anchorOf("b/c").textVector,
    });
    expect(await c.deleteAnchor("b/c")).toMatchObject({ deleted: 1 });
    expect(await c.deleteAnchors({ filter: { seed: { gte: 0 } } })).toMatchObject({ deleted: 1 });
  });

  it("walks through all anchors, whatever the page", async () => {
    const c = client.collection("c");
    const ids = Array.from({ length: 25 }, (_, i) => `n${String(i).padStart(2, "0")}`);
    await c.putAnchors(ids.map(anchorOf));
    const seen: string[] = [];
    for await (const { id } of c.listAnchors({ pageSize: 10 })) seen.push(id);
    expect(seen).toEqual(ids);
    const filtered: string[] = [];
    for await (const { id } of c.listAnchors({ filter: { seed: anchorOf("n07").metadata.seed } }))
      filtered.push(id);
    expect(filtered).toContain("n07");
  });

  it("streams anchors as they come and tells what is stored", async () => {
    async function* source() {
      for (let i = 0; i < 600; i += 1) {
        await Promise.resolve();
        yield anchorOf(`n${i}`);
      }
    }
    const c = client.collection("c");
    const upserted: number[] = [];
    for await (const written of c.putAnchorStream(source())) upserted.push(written.upserted);
    expect(upserted).toEqual([256, 256, 88]);
    expect(await c.get()).toMatchObject({ anchorCount: 600 });
  });

  it("throws what the service refuses, and the line of a stream that is wrong", async () => {
    const c = client.collection("c");
    const refused = await c.getAnchor("nobody").catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(AnchorageApiError);
    expect(refused).toMatchObject({ status: 404, problem: { title: "Not found" } });
    const wrong = [...Array.from({ length: 300 }, (_, i) => anchorOf(`n${i}`)), { id: "wrong" }];
    const sent = (async () => {
      for await (const { upserted } of c.putAnchorStream(wrong)) expect(upserted).toBe(256);
    })();
    await expect(sent).rejects.toMatchObject({ status: 400, problem: { line: 301 } });
    expect(await c.get()).toMatchObject({ anchorCount: 256 });
  });

  it("sends and fetches images", async () => {
    const bytes = await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    const c = client.collection("c");
    await c.putAnchors([{ ...anchorOf("a"), image: imageOf(bytes) }]);
    expect((await c.getImage("a")).type).toMatch(/^image\//);
  });

  it("sees encoders, jobs and readiness", async () => {
    expect(await client.ready()).toEqual({ ready: true, loading: 0 });
    expect(await client.listEncoders()).toEqual([]);
    const { id } = await test.service.jobs.start("test", "c", () => Promise.resolve());
    await test.service.jobs.settled(id);
    expect((await client.listJobs()).map((job) => job.id)).toContain(id);
    expect(await client.getJob(id)).toMatchObject({ state: "done" });
    expect(await client.cancelJob(id)).toMatchObject({ state: "done" });
  });

  it("does not ask for an anchor that a URL would take for a direction", async () => {
    const c = client.collection("c");
    await c.putAnchors([anchorOf("..")]);
    await expect(c.deleteAnchor("..")).rejects.toThrow(RangeError);
    expect(await c.deleteAnchors({ ids: [".."] })).toMatchObject({ deleted: 1 });
    expect(await c.get()).toMatchObject({ anchorCount: 0 });
  });

  it("says what another server answered that is no problem document", async () => {
    const other = createClient({
      url: "http://proxy.example",
      fetch: () => Promise.resolve(new Response("<h1>Bad Gateway</h1>", { status: 502 })),
    });
    await expect(other.listCollections()).rejects.toMatchObject({
      status: 502,
      problem: { detail: "<h1>Bad Gateway</h1>" },
    });
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import sharp from "sharp";
import {
  AnchorageApiError,
  ConflictError,
  createClient,
  imageOf,
  InvalidInputError,
  NotFoundError,
  type AnchorageClient,
  type JobBody,
} from "../../src/features/client.ts";
import { anchorOf, listen, openTestApp, type TestApp } from "../http/support.ts";

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
    expect(refused).toBeInstanceOf(NotFoundError);
    expect(refused).toMatchObject({
      name: "NotFoundError",
      code: "not-found",
      message: 'There is no anchor "nobody".',
      status: 404,
      problem: { title: "Not found" },
    });
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

  it("throws an error of the code that the problem names, with its faults", async () => {
    const encoder = { external: { dimension: 2 } };
    const again = client.createCollection({ name: "c", imageEncoder: encoder, textEncoder: encoder });
    await expect(again).rejects.toBeInstanceOf(ConflictError);
    const refused: unknown = await client
      .collection("c")
      .putAnchors([{ id: "a", imageVector: [1], textVector: [1, 2] }])
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(InvalidInputError);
    expect(refused).toMatchObject({
      code: "invalid-input",
      faults: [{ path: ["anchors", 0, "imageVector"] }],
    });
  });

  it("says which ids are stored, each once and in the order given", async () => {
    const c = client.collection("c");
    await c.putAnchors([anchorOf("a"), anchorOf("b")]);
    expect(await c.existingAnchors(["b", "never", "a", "b"])).toEqual(["b", "a"]);
    expect(await c.existingAnchors([])).toEqual([]);
    await expect(c.existingAnchors([""])).rejects.toMatchObject({ faults: [{ path: ["ids", 0] }] });
  });

  it("waits until a job is done and shows how far it is", async () => {
    let end = (): void => undefined;
    const { id } = await test.service.jobs.start("test", "c", async ({ progress }) => {
      progress(1, 2);
      await new Promise<void>((resolve) => (end = resolve));
    });
    const seen: string[] = [];
    const onProgress = ({ state, done, total }: JobBody): void => {
      seen.push(`${state} ${done}/${total}`);
      end();
    };
    const job = await client.waitForJob(await client.getJob(id), { onProgress });
    expect([job.state, seen]).toEqual(["done", ["running 1/2", "done 1/2"]]);
  });

  it("cancels a job that it waits for where its signal aborts", async () => {
    const { id } = await test.service.jobs.start(
      "test",
      "c",
      ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped")))),
    );
    const controller = new AbortController();
    const options = { signal: controller.signal, onProgress: () => controller.abort() };
    await expect(client.waitForJob(await client.getJob(id), options)).rejects.toMatchObject({
      code: "cancelled",
      message: "test of c was stopped",
    });
    expect(await client.getJob(id)).toMatchObject({ state: "cancelled" });
  });

  it("throws why a job failed that it waits for", async () => {
    const { id } = await test.service.jobs.start("test", "c", () => Promise.reject(new Error("no luck")));
    await expect(client.waitForJob(await client.getJob(id))).rejects.toMatchObject({
      code: "unprocessable",
      message: "test of c ended as failed: no luck",
    });
  });

  it("throws `unavailable` where nothing answers, and the signal's reason where the call is aborted", async () => {
    const nobody = createClient({ url: "http://127.0.0.1:1" });
    await expect(nobody.listCollections()).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/^http:\/\/127\.0\.0\.1:1 does not answer: ./) as string,
    });
    const signal = AbortSignal.abort(new RangeError("enough"));
    await expect(client.listCollections({ signal })).rejects.toThrow(new RangeError("enough"));
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

  it("throws what another server answered that is no problem document", async () => {
    const other = createClient({
      url: "http://proxy.example",
      fetch: () => Promise.resolve(new Response("<h1>Bad Gateway</h1>", { status: 502 })),
    });
    await expect(other.listCollections()).rejects.toMatchObject({
      code: "unavailable",
      status: 502,
      problem: { detail: "<h1>Bad Gateway</h1>" },
    });
  });
});

import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { anchorOf, createCollection, openTestApp, type TestApp } from "./support.ts";

const anchors = "/v1/collections/c/anchors";
const RED = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC";
const source = { container: "/data/birds", name: "owl.png" };
const imageSha256 = createHash("sha256").update(Buffer.from(RED, "base64")).digest("hex");

let test: TestApp;

beforeAll(async () => {
  test = await openTestApp();
});

beforeEach(async () => {
  await test.call("DELETE", "/v1/collections/c");
  await createCollection(test, "c");
});

afterAll(() => test.close());

const put = (more: object = {}) =>
  test.call("PUT", anchors, {
    anchors: [
      {
        ...anchorOf("owl"),
        text: "an owl",
        metadata: { b: 1, a: [true, { d: 2, c: 1e21 }] },
        image: { base64: RED },
        ...more,
      },
    ],
  });

const stateOf = async (content: object): Promise<unknown> => {
  const { body } = await test.call("POST", `${anchors}/exists`, { anchors: [{ id: "owl", ...content }] });
  return (body as { states: unknown[] }).states[0];
};

const state = (name: string, ...differs: string[]) => ({ id: "owl", state: name, differs });

describe("the comparison of anchors with those stored", () => {
  it("tells that an anchor is absent", async () => {
    expect(await stateOf({ text: "an owl" })).toEqual(state("absent"));
  });

  it("tells that an anchor is the same, whatever the order of its metadata's fields and its source", async () => {
    await put({ source });
    const metadata = { a: [true, { c: 1e21, d: 2 }], b: 1 };
    const other = { container: "/data/elsewhere", name: "x.png" };
    for (const from of [source, other])
      expect(await stateOf({ text: "an owl", metadata, imageSha256, source: from })).toEqual(state("same"));
  });

  it("names what changed in an anchor from the same source", async () => {
    await put({ source });
    const changed = { text: "a bird", metadata: {}, imageSha256: "0".repeat(64), source };
    expect(await stateOf(changed)).toEqual(state("changed", "image", "text", "metadata"));
  });

  it("calls an anchor from another source with another content a clash", async () => {
    await put({ source });
    const other = { ...source, container: "/data/other birds" };
    expect(await stateOf({ text: "a bird", source: other })).toEqual(state("clash", "text"));
  });

  it("calls an anchor changed that was stored without a source", async () => {
    await put();
    expect(await stateOf({ text: "a bird", source })).toEqual(state("changed", "text"));
  });

  it("compares anchors with those that an earlier version stored without hashes", async () => {
    await put();
    await test.service.store.query((queries) =>
      queries.execute("UPDATE anchors SET image_hash = NULL, caption_hash = NULL, metadata_hash = NULL"),
    );
    const metadata = { b: 1, a: [true, { d: 2, c: 1e21 }] };
    expect(await stateOf({ text: "an owl", metadata, imageSha256, source })).toEqual(state("same"));
    expect(await stateOf({ text: "a bird", source })).toEqual(state("changed", "text"));
  });

  it("refuses a hash that is none", async () => {
    const answer = await test.call("POST", `${anchors}/exists`, {
      anchors: [{ id: "owl", imageSha256: "x" }],
    });
    expect(answer.status).toBe(400);
  });
});

describe("the source of an anchor", () => {
  it("is in no answer about the anchor", async () => {
    await put({ source });
    const { body } = await test.call("GET", `${anchors}/owl?vectors=true`);
    expect(JSON.stringify([body, (await test.call("GET", anchors)).body])).not.toContain("/data/birds");
  });

  it("finds the ids of the anchors that come from it, page by page", async () => {
    await put({ source });
    await test.call("PUT", anchors, { anchors: [{ ...anchorOf("jay"), source }, anchorOf("emu")] });
    const page = async (request: object) => (await test.call("POST", `${anchors}/of-source`, request)).body;
    const { container } = source;
    expect(await page({ container })).toEqual({ ids: ["jay", "owl"] });
    expect(await page({ container, limit: 1 })).toEqual({ ids: ["jay"] });
    expect(await page({ container, after: "jay" })).toEqual({ ids: ["owl"] });
    expect(await page({ container: "/data" })).toEqual({ ids: [] });
  });

  it("is erased with the anchor", async () => {
    await put({ source });
    await test.call("DELETE", `${anchors}/owl`);
    const { rows } = await test.service.store.query((queries) =>
      queries.execute("SELECT 1 FROM anchors WHERE source IS NOT NULL"),
    );
    expect(rows).toEqual([]);
  });
});

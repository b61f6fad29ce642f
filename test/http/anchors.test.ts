import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { anchorOf, BASE, createCollection, openTestApp, problemIn, type TestApp } from "./support.ts";

const anchors = "/v1/collections/c/anchors";

let test: TestApp;

beforeAll(async () => {
  test = await openTestApp();
});

beforeEach(async () => {
  await test.call("DELETE", "/v1/collections/c");
  await createCollection(test, "c");
});

afterAll(() => test.close());

const ids = (body: unknown): string[] => (body as { anchors: { id: string }[] }).anchors.map(({ id }) => id);

describe("collections", () => {
  it("are made, seen and deleted", async () => {
    const made = await test.call("POST", "/v1/collections", {
      name: "birds",
      imageEncoder: { external: { dimension: 4 } },
      textEncoder: { external: { dimension: 2 } },
      asif: { k: 10 },
    });
    expect(made.status).toBe(201);
    expect(made.headers.get("location")).toBe("/v1/collections/birds");
    expect(made.body).toMatchObject({
      name: "birds",
      imageEncoder: { external: { dimension: 4 } },
      asif: { k: 10, p: 16, negatives: "cut" },
      transform: "none",
      anchorCount: 0,
    });
    expect((await test.call("GET", "/v1/collections/birds")).body).toMatchObject(made.body as object);
    expect((await test.call("GET", "/v1/collections")).body).toMatchObject({
      collections: [{ name: "birds" }, { name: "c", anchorCount: 1 }],
    });
    const gone = await test.call("DELETE", "/v1/collections/birds");
    expect(gone).toMatchObject({ status: 204, body: "" });
    expect((await test.call("GET", "/v1/collections/birds")).status).toBe(404);
  });
});

describe("anchors", () => {
  it("are written at one sequence and are there in the very next request", async () => {
    const put = await test.call("PUT", anchors, { anchors: [anchorOf("a"), anchorOf("b")] });
    expect(put).toMatchObject({ status: 200, body: { upserted: 2 } });
    const { sequence } = put.body as { sequence: number };
    expect((await test.call("GET", `${anchors}/a?vectors=true`)).body).toEqual({
      ...anchorOf("a"),
      hasImage: false,
      sequence,
    });
  });

  it("are replaced by one of the same id", async () => {
    await test.call("PUT", anchors, { anchors: [{ ...anchorOf("kept"), text: "another caption" }] });
    expect((await test.call("GET", `${anchors}/kept`)).body).toMatchObject({ text: "another caption" });
    expect((await test.call("GET", "/v1/collections/c")).body).toMatchObject({ anchorCount: 1 });
  });

  it("are listed in id order, page by page, and filtered", async () => {
    await test.call("PUT", anchors, { anchors: ["b", "ä", "a"].map(anchorOf) });
    const first = await test.call("GET", `${anchors}?limit=3`);
    expect(ids(first.body)).toEqual(["a", "b", "kept"]);
    const { nextCursor } = first.body as { nextCursor: string };
    const second = await test.call("GET", `${anchors}?limit=3&cursor=${encodeURIComponent(nextCursor)}`);
    expect(ids(second.body)).toEqual(["ä"]);
    expect(second.body).toMatchObject({ nextCursor: null });
    const filter = encodeURIComponent(JSON.stringify({ seed: anchorOf("b").metadata.seed }));
    expect(ids((await test.call("GET", `${anchors}?filter=${filter}`)).body)).toEqual(["b"]);
  });

  it("are deleted by id, by ids and by a filter, with a receipt", async () => {
    await test.call("PUT", anchors, { anchors: ["a", "b", "d"].map(anchorOf) });
    const one = await test.call("DELETE", `${anchors}/a`);
    expect(one).toMatchObject({ status: 200, body: { deleted: 1, receipt: { count: 1 } } });
    expect((await test.call("DELETE", `${anchors}/a`)).status).toBe(404);
    const some = await test.call("POST", `${anchors}/delete`, { ids: ["b", "never"] });
    expect(some.body).toMatchObject({ deleted: 1 });
    const filtered = await test.call("POST", `${anchors}/delete`, {
      filter: { seed: { gte: anchorOf("d").metadata.seed, lte: anchorOf("d").metadata.seed } },
    });
    expect(filtered.body).toMatchObject({ deleted: 1 });
    expect(ids((await test.call("GET", anchors)).body)).toEqual(["kept"]);
  });
});

describe("an id may hold anything that can be percent-encoded", () => {
  it.each([
    "a/b",
    "a%2Fb",
    "/image",
    "x/image",
    "delete",
    "ключ 🗝️",
    "a?b#c&d=e+f",
    "%",
    "%25",
    ";:@",
    "a\\b",
    "...",
    " ",
    "\n",
  ])("%j", async (id) => {
    const thumbnail = await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    const image = { base64: `data:image/png;base64,${thumbnail.toString("base64")}` };
    const put = await test.call("PUT", anchors, { anchors: [{ ...anchorOf(id), image }] });
    expect(put.status).toBe(200);
    const path = `${anchors}/${encodeURIComponent(id)}`;
    expect((await test.call("GET", path)).body).toMatchObject({ id, hasImage: true });
    expect((await test.app.request(`${BASE}${path}/image`)).status).toBe(200);
    expect((await test.call("DELETE", path)).body).toMatchObject({ deleted: 1 });
    expect((await test.call("GET", path)).status).toBe(404);
  });

  it("of up to 200 characters, however many bytes they take", async () => {
    const id = "🗝".repeat(200);
    expect((await test.call("PUT", anchors, { anchors: [anchorOf(id)] })).status).toBe(200);
    expect((await test.call("GET", `${anchors}/${encodeURIComponent(id)}`)).body).toMatchObject({ id });
  });

  it("and a slash that is not encoded is told about", async () => {
    const answer = await test.call("GET", `${anchors}/a/b`);
    expect(problemIn(answer).detail).toContain("%2F");
  });
});

describe("an anchor's image", () => {
  it("is served as an image and as nothing else", async () => {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script><rect width="9" height="9"/></svg>`;
    const image = { base64: Buffer.from(svg).toString("base64") };
    await test.call("PUT", anchors, { anchors: [{ ...anchorOf("a"), image }] });
    const response = await test.app.request(`${BASE}${anchors}/a/image`);
    expect(response.headers.get("content-type")).toMatch(/^image\//);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("content-security-policy")).toContain("sandbox");
    expect(Buffer.from(await response.arrayBuffer()).toString("latin1")).not.toContain("alert");
    const etag = response.headers.get("etag") ?? "";
    expect(response.headers.get("cache-control")).toBe("private, no-cache");
    const again = await test.app.request(`${BASE}${anchors}/a/image`, { headers: { "if-none-match": etag } });
    expect(again.status).toBe(304);
    expect((await again.arrayBuffer()).byteLength).toBe(0);
  });
});

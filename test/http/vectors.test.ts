import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toBase64 } from "../../src/store/float32.ts";
import { createCollection, openTestApp, pathsOf, problemIn, type TestApp } from "./support.ts";

let test: TestApp;

const anchors = "/v1/collections/c/anchors";
const base64 = (...numbers: number[]): string => toBase64(Float32Array.from(numbers));
const put = (anchor: object) => test.call("PUT", anchors, { anchors: [anchor] });
const search = (vector: unknown) =>
  test.call("POST", "/v1/collections/c/search", { query: { vector, modality: "image" }, target: "image" });

beforeAll(async () => {
  test = await openTestApp();
  await createCollection(test, "c");
});

afterAll(() => test.close());

describe("a vector as base64 of little-endian float32", () => {
  it("is stored bit for bit, beside one of numbers", async () => {
    const [image, text] = [
      [0.1, -1e-40, 3e38],
      [0.25, -2],
    ];
    await put({ id: "a", imageVector: base64(...image), textVector: text });
    expect((await test.call("GET", `${anchors}/a?vectors=true`)).body).toMatchObject({
      imageVector: image.map(Math.fround),
      textVector: text,
    });
  });

  it("is little-endian", async () => {
    await put({ id: "a", imageVector: "AACAPwAAAEAAAIC/", textVector: [1, 2] });
    expect((await test.call("GET", `${anchors}/a?vectors=true`)).body).toMatchObject({
      imageVector: [1, 2, -1],
    });
  });

  it("is answered where the query asks for it, of one anchor and of a page", async () => {
    await put({ id: "a", imageVector: [1, 2, 3], textVector: [4, 5] });
    const vectors = { imageVector: base64(1, 2, 3), textVector: base64(4, 5) };
    expect((await test.call("GET", `${anchors}/a?vectors=base64`)).body).toMatchObject(vectors);
    const page = await test.call("GET", `${anchors}?vectors=base64&limit=1`);
    expect(page.body).toMatchObject({ anchors: [{ id: "a", ...vectors }] });
    expect((await test.call("GET", `${anchors}/a?vectors=false`)).body).not.toHaveProperty("imageVector");
  });

  it("is a line of a stream as well", async () => {
    const line = JSON.stringify({ id: "streamed", imageVector: base64(7, 8, 9), textVector: base64(1, 1) });
    const answer = await test.call("PUT", anchors, line, { "content-type": "application/x-ndjson" });
    expect(answer.status).toBe(200);
    expect((await test.call("GET", `${anchors}/streamed?vectors=true`)).body).toMatchObject({
      imageVector: [7, 8, 9],
    });
  });

  it("is a query that finds the same as numbers do", async () => {
    const [encoded, listed] = [await search(base64(1, 2, 3)), await search([1, 2, 3])];
    expect(encoded.status).toBe(200);
    const hits = (answer: { body: unknown }) => (answer.body as { hits: unknown }).hits;
    expect(hits(encoded)).toEqual(hits(listed));
  });

  it("is a proposal of a consensus", async () => {
    const answer = await test.call("POST", "/v1/consensus/score", {
      collection: "c",
      condition: { image: { vector: base64(1, 2, 3) } },
      proposals: [{ vector: base64(1, 2, 3), modality: "image" }],
      scorers: [{ name: "image-image" }],
    });
    expect(problemIn(answer).errors ?? []).toEqual([]);
    expect(answer.status).toBe(200);
  });
});

describe("a vector as base64 is refused", () => {
  const nan = base64(1, NaN, 1);
  it.each([
    ["not base64", "AACAPwAAAEAAAI?/", "imageVector", 'is not base64: character 15 is "?"'],
    ["base64 for URLs", "AACAPwAAAEAAAIC_", "imageVector", 'is not base64: character 16 is "_"'],
    ["cut off", "AACAPwAAAEAAAIC", "imageVector", "is not base64: its length is not a multiple of 4"],
    [
      "no whole numbers",
      "AACAPwAA",
      "imageVector",
      "is base64 of 6 bytes, which are no whole 32-bit numbers",
    ],
    ["of another dimension", base64(1, 2), "imageVector", "has 2 values; this collection's dimension is 3"],
    ["empty", "", "imageVector", "has 0 values; this collection's dimension is 3"],
    ["of NaN", nan, "imageVector.1", "is not a finite 32-bit number"],
    ["infinite", base64(1, 1, -Infinity), "imageVector.2", "is not a finite 32-bit number"],
    ["all zero", base64(0, 0, 0), "imageVector", "is all zero, which has no direction"],
  ])("if it is %s", async (_what, imageVector, path, message) => {
    const answer = await put({ id: "b", imageVector, textVector: [1, 2] });
    expect(answer.status).toBe(400);
    expect(problemIn(answer).errors).toMatchObject([{ path: `anchors.0.${path}`, message }]);
  });

  it("in a query by its path", async () => {
    const answer = await search(nan);
    expect([answer.status, ...pathsOf(answer)]).toEqual([400, "query.vector.1"]);
  });

  it("in a proposal by its path", async () => {
    const answer = await test.call("POST", "/v1/consensus/score", {
      collection: "c",
      condition: { image: { vector: [1, 2, 3] } },
      proposals: [{ vector: nan, modality: "image" }],
      scorers: [{ name: "image-image" }],
    });
    expect([answer.status, ...pathsOf(answer)]).toEqual([400, "proposals.0.vector.1"]);
  });
});

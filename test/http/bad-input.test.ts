import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import {
  anchorOf,
  createCollection,
  openTestApp,
  pathsOf,
  problemIn,
  stateOf,
  type Answer,
  type TestApp,
} from "./support.ts";

const BODY_LIMIT = 2 * 1024 * 1024;
const anchors = "/v1/collections/c/anchors";

let test: TestApp;
let before: unknown;

beforeAll(async () => {
  test = await openTestApp({ bodyLimitBytes: BODY_LIMIT });
  await createCollection(test, "c");
  before = await stateOf(test);
});

afterAll(() => test.close());

const put = (...batch: unknown[]): Promise<Answer> => test.call("PUT", anchors, { anchors: batch });

/** A refusal of this status at these places, which left everything as it was. */
const expectRefused = async (answer: Answer, status: number, ...paths: string[]): Promise<void> => {
  expect(problemIn(answer)).toMatchObject({
    status,
    title: expect.any(String) as string,
    detail: expect.any(String) as string,
  });
  expect(answer.status).toBe(status);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  if (paths.length > 0) expect(pathsOf(answer)).toEqual(paths);
  expect(await stateOf(test)).toEqual(before);
  expect(test.logged).toEqual([]);
};

const withImage = (bytes: Uint8Array) => ({
  ...anchorOf("a"),
  image: { base64: Buffer.from(bytes).toString("base64") },
});

/** A few bytes that say they are a billion pixels. */
const pixelBomb = async (): Promise<Buffer> => {
  const bytes = await sharp({ create: { width: 1, height: 1, channels: 3, background: "red" } })
    .png()
    .toBuffer();
  bytes.writeUInt32BE(40_000, 16);
  bytes.writeUInt32BE(40_000, 20);
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
  return bytes;
};

describe("an image that cannot be used is refused, and the anchor with it", () => {
  it("where it is not an image", async () => {
    await expectRefused(
      await put(anchorOf("ok"), withImage(Buffer.from("%PDF-1.7 no image"))),
      400,
      "anchors.1.image",
    );
  });

  it("where it is truncated", async () => {
    const whole = await sharp({
      create: {
        width: 64,
        height: 64,
        channels: 3,
        noise: { type: "gaussian", mean: 128, sigma: 60 },
        background: "red",
      },
    })
      .png()
      .toBuffer();
    await expectRefused(await put(withImage(whole.subarray(0, whole.length / 2))), 400, "anchors.0.image");
  });

  it("where it is a pixel bomb", async () => {
    await expectRefused(await put(withImage(await pixelBomb())), 400, "anchors.0.image");
  });

  it("where it is not base64, with the character that is not", async () => {
    const answer = await put({ ...anchorOf("a"), image: { base64: "iVBOR w0KGgo" } });
    await expectRefused(answer, 400, "anchors.0.image.base64");
    expect(problemIn(answer).detail).toContain('character 6 is " "');
  });
});

describe("a text that cannot be used is refused", () => {
  it("where it is a megabyte long", async () => {
    await expectRefused(await put({ ...anchorOf("a"), text: "a".repeat(1e6) }), 400, "anchors.0.text");
  });

  it.each(["", " \n\t"])("where it is empty: %j", async (text) => {
    await expectRefused(await put({ ...anchorOf("a"), text }), 400, "anchors.0.text");
  });

  it.each(["a\0b", "\ud800"])("where Postgres could not hold it: %j", async (text) => {
    await expectRefused(await put({ ...anchorOf("a"), text }), 400, "anchors.0.text");
  });
});

describe("a vector that cannot be used is refused", () => {
  it.each([
    ["not a number", '[1, "NaN", 2]', "anchors.0.imageVector.1"],
    ["null, as NaN is written in JSON", "[1, 2, null]", "anchors.0.imageVector.2"],
    ["infinite", "[1e999, 1, 1]", "anchors.0.imageVector.0"],
    ["beyond float32", "[1e300, 1, 1]", "anchors.0.imageVector.0"],
    ["all zero", "[0, 0, 0]", "anchors.0.imageVector"],
    ["of the wrong dimension", "[1, 2]", "anchors.0.imageVector"],
    ["empty", "[]", "anchors.0.imageVector"],
    ["no list", "3", "anchors.0.imageVector"],
  ])("where it is %s", async (_what, vector, path) => {
    const body = `{"anchors": [{"id": "a", "imageVector": ${vector}, "textVector": [1, 2]}]}`;
    await expectRefused(await test.call("PUT", anchors, body), 400, path);
  });

  it("where it is missing and the encoder is external", async () => {
    const answer = await put({ id: "a", text: "a fox", imageVector: [1, 2, 3] });
    await expectRefused(answer, 400, "anchors.0.textVector");
    expect(problemIn(answer).detail).toContain("external");
  });

  it("where it is a query's", async () => {
    const query = { query: { vector: [1, 2], modality: "image" }, target: "image" };
    await expectRefused(await test.call("POST", "/v1/collections/c/search", query), 400, "query.vector");
  });
});

describe("a collection is not made", () => {
  const create = (spec: object): Promise<Answer> => test.call("POST", "/v1/collections", spec);
  const external = { external: { dimension: 4 } };

  it("where its name is taken", async () => {
    await expectRefused(await create({ name: "c", imageEncoder: external, textEncoder: external }), 409);
  });

  it("where its encoder is unknown", async () => {
    const answer = await create({ name: "d", imageEncoder: external, textEncoder: "no-such-encoder" });
    await expectRefused(answer, 400, "textEncoder");
    expect(problemIn(answer).detail).toContain("no-such-encoder");
  });

  it.each(["", "Birds", "-a", "a".repeat(64), "a/b", "ä", 3])("where its name is %j", async (name) => {
    await expectRefused(await create({ name, imageEncoder: external, textEncoder: external }), 400, "name");
  });

  it.each([0, -1, 1.5, 1e9, "64", null])("where a dimension is %j", async (dimension) => {
    const answer = await create({
      name: "d",
      imageEncoder: { external: { dimension } },
      textEncoder: external,
    });
    await expectRefused(answer, 400, "imageEncoder.external.dimension");
  });
});

describe("a batch is stored whole or not at all", () => {
  it("where its last anchor is wrong", async () => {
    const batch = Array.from({ length: 300 }, (_, i) => anchorOf(`n${i}`));
    await expectRefused(
      await put(...batch, { ...anchorOf("last"), textVector: [0, 0] }),
      400,
      "anchors.300.textVector",
    );
  });

  it("where an id stands in it twice", async () => {
    const answer = await put(anchorOf("a"), anchorOf("b"), anchorOf("a"));
    await expectRefused(answer, 400, "anchors.2.id");
    expect(problemIn(answer).detail).toContain("anchors.0");
  });

  it("where it has no anchors, or too many", async () => {
    await expectRefused(await put(), 400, "anchors");
    await expectRefused(
      await put(...Array.from({ length: 10_001 }, (_, i) => ({ id: String(i) }))),
      400,
      "anchors",
    );
  });

  it("names every anchor that is wrong, up to a number that can be read", async () => {
    const answer = await put(
      ...Array.from({ length: 100 }, (_, i) => ({ ...anchorOf(`n${i}`), imageVector: [1] })),
    );
    await expectRefused(answer, 400);
    expect(pathsOf(answer)).toHaveLength(20);
    expect(problemIn(answer).detail).toContain("80 more");
  });
});

describe("an id is refused", () => {
  it.each(["", "a".repeat(201), "a\0", "\udc00", 7, null])("where it is %j", async (id) => {
    await expectRefused(await put({ ...anchorOf("a"), id }), 400, "anchors.0.id");
  });

  it("in a path where it is not UTF-8", async () => {
    await expectRefused(await test.call("GET", `${anchors}/%FF`), 400, "path");
    await expectRefused(await test.call("DELETE", `${anchors}/%zz`), 400, "path");
  });
});

describe("metadata is refused", () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });

  it.each([
    ["no object", [1], "anchors.0.metadata"],
    ["nested deeper than anyone means", nested(40), `anchors.0.metadata${".a".repeat(32)}`],
    ["a text that Postgres cannot hold", { a: ["\0"] }, "anchors.0.metadata.a.0"],
    ["larger than 64 KiB", { a: "x".repeat(70_000) }, "anchors.0.metadata"],
  ])("where it is %s", async (_what, metadata, path) => {
    await expectRefused(await put({ ...anchorOf("a"), metadata }), 400, path);
  });

  it("where it would change its own prototype", async () => {
    const body = `{"anchors": [{"id": "a", "imageVector": [1,1,1], "textVector": [1,1], "metadata": {"__proto__": 1}}]}`;
    await expectRefused(await test.call("PUT", anchors, body), 400, "anchors.0.metadata");
  });

  it("does not exhaust the stack with brackets", async () => {
    const body = `{"anchors": [{"id": "a", "metadata": ${'{"a":'.repeat(1e5)}1${"}".repeat(1e5)}}]}`;
    await expectRefused(await test.call("PUT", anchors, body), 400);
  });
});

describe("a body is refused", () => {
  const search = "/v1/collections/c/search";

  it("over the limit", async () => {
    await expectRefused(await put({ ...anchorOf("a"), text: "a".repeat(BODY_LIMIT) }), 413);
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])(
    "as %s",
    async (type) => {
      const answer = await test.call("POST", search, "{}", { "content-type": type });
      await expectRefused(answer, 415);
      expect(problemIn(answer).detail).toContain("application/json");
    },
  );

  it("compressed", async () => {
    await expectRefused(await test.call("POST", search, "{}", { "content-encoding": "gzip" }), 415);
  });

  it("as malformed JSON, with the place where it breaks", async () => {
    const answer = await test.call("PUT", anchors, '{"anchors": [{"id": "a",}]}');
    await expectRefused(answer, 400);
    expect(problemIn(answer).detail).toContain("line 1, column 25");
  });

  it("where it is empty", async () => {
    await expectRefused(await test.call("POST", search, ""), 400);
  });

  it("with a key that is not known, by its name", async () => {
    const answer = await put({ ...anchorOf("a"), imgae: {} });
    await expectRefused(answer, 400, "anchors.0.imgae");
    expect(problemIn(answer).detail).toContain("known are id, text, image,");
  });
});

describe("an input is exactly one of a text, an image, a vector and an anchor", () => {
  const search = (query: unknown): Promise<Answer> =>
    test.call("POST", "/v1/collections/c/search", { query, target: "image" });

  it.each([
    [{ imgae: { base64: "AAAA" } }, "query"],
    [{ text: "a", vector: [1] }, "query"],
    [{}, "query"],
    ["a red fox", "query"],
    [null, "query"],
    [{ image: "AAAA" }, "query.image"],
    [{ image: { base64: 3 } }, "query.image.base64"],
    [{ image: { url: "http://127.0.0.1/" } }, "query.image.url"],
    [{ vector: [1, 2, 3] }, "query.modality"],
    [{ vector: [1, 2, 3], modality: "sound" }, "query.modality"],
    [{ anchor: "nobody" }, "query.anchor"],
  ])("%j is not", async (query, path) => {
    const answer = await search(query);
    await expectRefused(answer, 400);
    expect(pathsOf(answer)).toContain(path);
  });

  it("says what it was given instead", async () => {
    expect(problemIn(await search({ imgae: {} })).detail).toContain('it has "imgae"');
  });
});

describe("a filter is refused", () => {
  const remove = (filter: unknown): Promise<Answer> => test.call("POST", `${anchors}/delete`, { filter });

  it.each([
    [{}, "filter"],
    [{ seed: { gret: 1 } }, "filter.seed.gret"],
    [{ seed: {} }, "filter.seed"],
    [{ any: [] }, "filter.any"],
    [{ any: [{ seed: [1] }] }, "filter.any.0.seed"],
    [{ not: 3 }, "filter.not"],
    [3, "filter"],
  ])("%j", async (filter, path) => {
    await expectRefused(await remove(filter), 400, path);
  });

  it("with ids beside it", async () => {
    const answer = await test.call("POST", `${anchors}/delete`, { ids: ["kept"], filter: { seed: 1 } });
    await expectRefused(answer, 400, "");
  });
});

describe("a query that would ask for too much is refused", () => {
  it.each([
    ["search", { query: { anchor: "kept" }, target: "image", limit: 1001 }, "limit"],
    ["search", { query: { anchor: "kept" }, target: "image", k: 0 }, "k"],
    ["search", { query: { anchor: "kept" }, target: "image", p: -1 }, "p"],
    ["relative", { inputs: [], modality: "text" }, "inputs"],
    [
      "classify",
      { images: [{ anchor: "kept" }], classes: [{ name: "a" }], templates: ["no place"] },
      "templates.0",
    ],
    ["classify", { images: [{ anchor: "kept" }], classes: [{ name: "a" }], method: "magic" }, "method"],
    [
      "classify",
      {
        images: [{ anchor: "kept" }],
        classes: Array.from({ length: 1000 }, () => ({ name: "a" })),
        templates: Array.from({ length: 100 }, () => "{}"),
      },
      "classes",
    ],
    [
      "similarity",
      {
        images: Array.from({ length: 1000 }, () => ({ anchor: "kept" })),
        texts: Array.from({ length: 3000 }, () => ({ anchor: "kept" })),
      },
      "texts",
    ],
  ])("%s", async (query, request, path) => {
    await expectRefused(await test.call("POST", `/v1/collections/c/${query}`, request), 400, path);
  });
});

describe("what is not there", () => {
  it.each([
    ["GET", "/v1/collections/nobody"],
    ["DELETE", "/v1/collections/nobody"],
    ["GET", "/v1/collections/nobody/anchors"],
    ["GET", `${anchors}/nobody`],
    ["DELETE", `${anchors}/nobody`],
    ["GET", `${anchors}/kept/image`],
    ["GET", "/v1/jobs/nobody"],
    ["DELETE", "/v1/jobs/00000000-0000-0000-0000-000000000000"],
    ["GET", "/v2/collections"],
    ["GET", "/v1/collections/c/anchors/a/b"],
  ])("is 404: %s %s", async (method, path) => {
    await expectRefused(await test.call(method, path), 404);
  });

  it("is 404 for a query to a collection that is not there", async () => {
    const answer = await test.call("POST", "/v1/collections/nobody/search", {
      query: { text: "a" },
      target: "text",
    });
    await expectRefused(answer, 404);
  });

  it("is 405 for another method, with those that are answered", async () => {
    const answer = await test.call("PUT", "/v1/collections/c", {});
    await expectRefused(answer, 405);
    expect(answer.headers.get("allow")?.split(", ").sort()).toEqual(["DELETE", "GET", "HEAD", "PATCH"]);
  });

  it.each([
    "limit=0",
    "limit=1001",
    "limit=ten",
    "limit=1&limit=2",
    "cursor=%20",
    "filter=%7B",
    "vectors=yes",
    "offset=3",
  ])("is 400 for a parameter that is wrong: %s", async (query) => {
    await expectRefused(await test.call("GET", `${anchors}?${query}`), 400, query.split("=")[0] ?? "");
  });
});

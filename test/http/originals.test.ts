import { gzipSync } from "node:zlib";
import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openTestApp, type Answer, type TestApp } from "./support.ts";

const base = "/v1/collections/pictures";

let test: TestApp;
let number = 0;

beforeAll(async () => {
  test = await openTestApp();
});

beforeEach(() => test.call("DELETE", base));

afterAll(() => test.close());

const create = (images?: unknown): Promise<Answer> =>
  test.call("POST", "/v1/collections", {
    name: "pictures",
    imageEncoder: { external: { dimension: 2 } },
    textEncoder: { external: { dimension: 2 } },
    ...(images === undefined ? {} : { images }),
  });

const put = async (bytes: Uint8Array): Promise<string> => {
  const id = `p${number++}`;
  const image = { base64: Buffer.from(bytes).toString("base64") };
  const { status, body } = await test.call("PUT", `${base}/anchors`, {
    anchors: [{ id, text: "a picture", image, imageVector: [1, 0], textVector: [0, 1] }],
  });
  expect(status, JSON.stringify(body)).toBe(200);
  return id;
};

const fetched = async (id: string, query = ""): Promise<{ type: string | null; bytes: Buffer }> => {
  const response = await test.app.request(`http://localhost${base}/anchors/${id}/image${query}`);
  return { type: response.headers.get("content-type"), bytes: Buffer.from(await response.arrayBuffer()) };
};

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "#a33" } });

describe("a collection's images", () => {
  it("are kept as they were sent by default, beside a thumbnail", async () => {
    expect((await create()).body).toMatchObject({
      images: { keep: "original", longestSide: 2048, format: "as-sent" },
    });
    const sent = await picture(400, 300).jpeg().toBuffer();
    const id = await put(sent);
    const original = await fetched(id, "?size=original");
    expect(original.type).toBe("image/jpeg");
    expect(original.bytes.equals(sent)).toBe(true);
    const thumbnail = await fetched(id);
    expect(thumbnail.type).toBe("image/webp");
    expect(await sharp(thumbnail.bytes).metadata()).toMatchObject({ width: 160, height: 120 });
    const { imageBytes } = (await test.call("GET", base)).body as { imageBytes: number };
    expect(imageBytes).toBe(original.bytes.length + thumbnail.bytes.length);
  });

  it("are made smaller where they are larger than the longest side", async () => {
    await create({ longestSide: 200 });
    const { type, bytes } = await fetched(
      await put(await picture(800, 100).png().toBuffer()),
      "?size=original",
    );
    expect(type).toBe("image/webp");
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 200, height: 25 });
  });

  it("are kept in one format where that is set", async () => {
    await create({ format: "jpeg" });
    const { type, bytes } = await fetched(
      await put(await picture(30, 20).png().toBuffer()),
      "?size=original",
    );
    expect(type).toBe("image/jpeg");
    expect(await sharp(bytes).metadata()).toMatchObject({ format: "jpeg", width: 30, height: 20 });
  });

  it("are kept as drawings where they are, a compressed one inflated", async () => {
    await create();
    const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle r="4"/></svg>`;
    const { type, bytes } = await fetched(await put(gzipSync(drawing)), "?size=original");
    expect(type).toBe("image/svg+xml");
    expect(bytes.toString()).toBe(drawing);
  });

  it("are kept as thumbnails alone, or not at all, where that is set", async () => {
    await create("thumbnail");
    const sent = await picture(400, 300).png().toBuffer();
    const small = await put(sent);
    expect((await fetched(small, "?size=original")).type).toBe("image/webp");
    const changed = await test.call("PATCH", base, { images: "none" });
    expect(changed.body).toMatchObject({ images: { keep: "none", longestSide: 2048 } });
    const none = await put(sent);
    expect((await test.call("GET", `${base}/anchors/${none}`)).body).toMatchObject({ hasImage: false });
    expect((await fetched(small)).type).toBe("image/webp");
  });

  it("stay when an anchor's caption is changed", async () => {
    await create();
    const sent = await picture(40, 30).png().toBuffer();
    const id = await put(sent);
    const vector = { text: "another caption" };
    expect((await test.call("PATCH", `${base}/anchors/${id}`, vector)).status).toBe(200);
    expect((await fetched(id, "?size=original")).bytes.equals(sent)).toBe(true);
  });

  it.each([
    ["large", "images"],
    [{ keep: "some" }, "images"],
    [{ longestSide: 10 }, "images"],
    [{ keep: "original", quality: 9 }, "images"],
  ])("are not kept by %j", async (images, path) => {
    const { status, body } = await create(images);
    expect(status).toBe(400);
    expect((body as { errors: { path: string }[] }).errors[0]?.path.split(".")[0]).toBe(path);
  });
});

import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultEncoders } from "../support/encoders.ts";
import { openTestApp, pathsOf, type TestApp } from "./support.ts";

let test: TestApp;

const picture = async (background: string): Promise<{ base64: string }> => {
  const bytes = await sharp({ create: { width: 32, height: 32, channels: 3, background } })
    .png()
    .toBuffer();
  return { base64: bytes.toString("base64") };
};

beforeAll(async () => {
  test = await openTestApp({ folders: [await defaultEncoders()] });
  await test.call("POST", "/v1/collections", { name: "colours", asif: { k: 2, p: 2 }, transform: "none" });
});

afterAll(() => test.close());

describe("a collection whose images and texts are encoded here", () => {
  it("takes pairs as they are, finds images by texts and classifies", async () => {
    const anchors = [
      { id: "red", text: "a red square", image: await picture("#e01010") },
      { id: "blue", text: "the blue sea", image: await picture("#1010e0") },
    ];
    expect((await test.call("PUT", "/v1/collections/colours/anchors", { anchors })).body).toMatchObject({
      upserted: 2,
    });
    const found = await test.call("POST", "/v1/collections/colours/search", {
      query: { text: "the blue sea" },
      target: "image",
    });
    expect(found.body).toMatchObject({ hits: [{ id: "blue" }, { id: "red" }] });
    const classified = await test.call("POST", "/v1/collections/colours/classify", {
      images: [{ image: await picture("#e01010") }],
      classes: [{ name: "a red square" }, { name: "the blue sea" }],
    });
    expect(classified.body).toMatchObject({ results: [{ classes: [{ name: "a red square" }, {}] }] });
  });

  it("sums up a class of several prompts by all of them joined and by their mean", async () => {
    const image = { image: await picture("#8010b0") };
    const texts = ["red", "the sea", "red, the sea"].map((text) => ({ text }));
    const classes = [{ name: "both", prompts: texts.slice(0, 2) }];
    const path = "/v1/collections/colours";
    const rowsOf = async (modality: string, inputs: readonly object[]): Promise<Map<string, number>[]> => {
      const { body } = await test.call("POST", `${path}/relative`, { inputs, modality });
      const { representations } = body as { representations: { anchors: string[]; values: number[] }[] };
      return representations.map(
        ({ anchors, values }) => new Map(anchors.map((id, i) => [id, values[i] ?? 0])),
      );
    };
    const ids = ["red", "blue"];
    const dense = (row?: Map<string, number>): number[] => ids.map((id) => row?.get(id) ?? 0);
    const unit = (row: readonly number[]): number[] => row.map((value) => value / Math.hypot(...row));
    const add = (a: readonly number[], b: readonly number[]): number[] =>
      a.map((value, i) => value + (b[i] ?? 0));
    const [first, second, joined] = (await rowsOf("text", texts)).map(dense);
    const [shown] = (await rowsOf("image", [image])).map(dense);
    const summed = unit(add(joined ?? [], unit(add(first ?? [], second ?? []))));
    const expected = summed.reduce((sum, value, i) => sum + value * (shown?.[i] ?? 0), 0);
    const request = { images: [image], classes, method: "asif", ensemble: "summary" };
    const { body } = await test.call("POST", `${path}/classify`, request);
    const { results } = body as { results: { classes: { score: number }[] }[] };
    expect(results[0]?.classes[0]?.score).toBeCloseTo(expected, 5);
  });

  it("refuses to sum up prompts by another method, or prompts that are vectors", async () => {
    const request = { images: [{ image: await picture("#e01010") }], ensemble: "summary" };
    const classify = (more: object) =>
      test.call("POST", "/v1/collections/colours/classify", { ...request, ...more });
    expect((await classify({ classes: [{ name: "red" }], method: "ridge" })).status).toBe(400);
    const anchors = [{ name: "red", prompts: [{ anchor: "red" }] }];
    expect((await classify({ classes: anchors, method: "asif" })).status).toBe(422);
  });

  it("names the input that cannot be encoded", async () => {
    const query = {
      images: [{ image: await picture("#e01010") }, { image: { base64: "AAAA" } }],
      texts: [{ text: "red" }],
    };
    const image = await test.call("POST", "/v1/collections/colours/similarity", query);
    expect(image.status).toBe(400);
    expect(pathsOf(image)).toEqual(["images.1.image"]);
    const blank = await test.call("POST", "/v1/collections/colours/search", {
      query: { text: " " },
      target: "text",
    });
    expect(blank.status).toBe(400);
    expect(pathsOf(blank)).toEqual(["query.text"]);
  });

  it("warns of texts of which the text encoder knows no word, and counts such captions", async () => {
    await test.call("POST", "/v1/collections", { name: "unknown", transform: "none" });
    const anchors = [
      { id: "a", text: "红色的圆形", image: await picture("#e01010") },
      { id: "b", text: "a blue square", image: await picture("#1010e0") },
    ];
    const written = await test.call("PUT", "/v1/collections/unknown/anchors", { anchors });
    expect(written.body).toMatchObject({ upserted: 2, unknownCaptions: 1 });
    const ask = (path: string, body: object) => test.call("POST", `/v1/collections/unknown/${path}`, body);
    const warnings = [
      expect.stringMatching(/^the text encoder use-lite knows no word of 1 text \("赤い丸"\)/),
    ];
    const images = [{ image: await picture("#e01010") }];
    const classes = [{ name: "赤い丸" }, { name: "a square" }];
    expect((await ask("classify", { images, classes, templates: ["a photo of {}"] })).body).toMatchObject({
      warnings,
    });
    expect((await ask("search", { query: { text: "赤い丸" }, target: "text" })).body).toMatchObject({
      warnings,
    });
    expect((await ask("similarity", { images, texts: [{ text: "赤い丸" }] })).body).toMatchObject({
      warnings,
    });
    const known = await ask("classify", { images, classes: [{ name: "a square" }] });
    expect(known.body).not.toHaveProperty("warnings");
  });

  it("refuses an image of a format that is not read, by its name", async () => {
    const bytes = await readFile(new URL("../fixtures/images/cross.heic", import.meta.url));
    const anchors = [{ id: "h", text: "a cross", image: { base64: bytes.toString("base64") } }];
    const { status, body } = await test.call("PUT", "/v1/collections/colours/anchors", { anchors });
    expect(status).toBe(400);
    const message = "HEIC is not read here; send JPEG, PNG, WebP, GIF, AVIF, TIFF or SVG";
    expect(body).toMatchObject({ errors: [{ path: "anchors.0.image", message }] });
  });

  it("refuses an encoder of the other modality", async () => {
    const { encoders } = test.service;
    const answer = await test.call("POST", "/v1/collections", {
      name: "d",
      imageEncoder: encoders.defaultOf("text").id,
    });
    expect(answer.status).toBe(400);
    expect(pathsOf(answer)).toEqual(["imageEncoder"]);
  });

  it("lists its encoders with their licences", async () => {
    const { body } = await test.call("GET", "/v1/encoders");
    expect(body).toMatchObject({
      encoders: [
        { modality: "image", default: true },
        { modality: "image", default: false },
        { modality: "text", default: true },
      ],
    });
  });
});

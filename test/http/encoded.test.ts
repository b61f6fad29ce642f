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

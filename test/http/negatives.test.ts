import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collection } from "../../src/api/collections.ts";
import { classifyAnswer, relativeAnswer } from "../../src/api/queries.ts";
import { openTestApp, type TestApp } from "./support.ts";

let test: TestApp;

const SIDES = [
  [1, 0],
  [0.6, 0.8],
  [-1, 0],
] as const;

beforeAll(async () => {
  test = await openTestApp();
  const external = { external: { dimension: 2 } };
  await test.call("POST", "/v1/collections", { name: "c", imageEncoder: external, textEncoder: external });
  await test.call("PUT", "/v1/collections/c/anchors", {
    anchors: SIDES.map((side, i) => ({
      id: `a${i}`,
      text: `caption ${i}`,
      imageVector: side,
      textVector: side,
    })),
  });
});

afterAll(() => test.close());

const vector = (...values: readonly number[]) => ({ vector: values });

const relative = async (value: object, more: object = {}) => {
  const request = { inputs: [value], modality: "image", p: 1, ...more };
  const { body } = await test.call("POST", "/v1/collections/c/relative", request);
  return relativeAnswer.parse(body).representations[0];
};

const classify = async (image: object, more: object = {}) => {
  const request = {
    images: [{ ...image, modality: "image" }],
    classes: [{ name: "right", prompts: [{ ...vector(1, 0), modality: "text" }] }],
    ...more,
  };
  const { body } = await test.call("POST", "/v1/collections/c/classify", request);
  return classifyAnswer.parse(body).results[0];
};

describe("a new collection", () => {
  it("cuts similarities below 0, and says so", async () => {
    const { body } = await test.call("GET", "/v1/collections/c");
    expect(collection.parse(body).asif.negatives).toBe("cut");
    expect(await relative(vector(1, 0))).toMatchObject({ anchors: ["a0", "a1"], support: 2 });
  });

  it("keeps them for a query that asks for it", async () => {
    expect(await relative(vector(1, 0), { negatives: "keep" })).toMatchObject({
      anchors: ["a0", "a1", "a2"],
      support: 3,
    });
  });

  it("refuses any other word", async () => {
    const { status, body } = await test.call("POST", "/v1/collections/c/relative", {
      inputs: [vector(1, 0)],
      modality: "image",
      negatives: "square",
    });
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain("negatives");
  });

  it("represents what is similar to no anchor by nothing, and scores it 0", async () => {
    expect(await relative(vector(0, -1))).toEqual({ anchors: [], values: [], support: 0 });
    expect(await classify(vector(0, -1))).toEqual({ classes: [{ name: "right", score: 0 }], support: 0 });
    expect(await classify(vector(1, 0))).toMatchObject({ support: 2 });
  });

  it("keeps them once it is patched, and cuts them again", async () => {
    const change = async (negatives: string): Promise<string> => {
      const { body } = await test.call("PATCH", "/v1/collections/c", { asif: { negatives } });
      return collection.parse(body).asif.negatives;
    };
    expect(await change("keep")).toBe("keep");
    expect(await relative(vector(1, 0))).toMatchObject({ support: 3 });
    expect(await change("cut")).toBe("cut");
    expect(await relative(vector(1, 0))).toMatchObject({ support: 2 });
  });
});

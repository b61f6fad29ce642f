import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as schemas from "../../src/api/queries.ts";
import { openTestApp, pathsOf, type Answer, type TestApp } from "./support.ts";

let test: TestApp;

const pairs = [
  { id: "fox/1", text: "a red fox", imageVector: [1, 0.2, 0], textVector: [1, 0], owner: "ann" },
  { id: "fox2", text: "a fox in snow", imageVector: [0.9, 0.3, 0], textVector: [0.9, 0.2], owner: "bob" },
  { id: "owl1", text: "a grey owl", imageVector: [0.3, 1, 0], textVector: [0.1, 1], owner: "ann" },
];

beforeAll(async () => {
  test = await openTestApp();
  await test.call("POST", "/v1/collections", {
    name: "c",
    imageEncoder: { external: { dimension: 3 } },
    textEncoder: { external: { dimension: 2 } },
  });
  const png = await sharp({ create: { width: 2, height: 2, channels: 3, background: "red" } })
    .png()
    .toBuffer();
  const anchors = pairs.map(({ owner, ...pair }, i) => ({
    ...pair,
    metadata: { owner },
    ...(i === 0 ? { image: { base64: png.toString("base64") } } : {}),
  }));
  expect((await test.call("PUT", "/v1/collections/c/anchors", { anchors })).status).toBe(200);
});

afterAll(() => test.close());

const CLASSES = [
  { name: "fox", prompts: [{ vector: [1, 0.1] }] },
  { name: "owl", prompts: [{ vector: [0.2, 1] }] },
];

const ask = (explain: unknown): Promise<Answer> =>
  test.call("POST", "/v1/collections/c/classify", {
    images: [{ vector: [1, 0.3, 0] }],
    classes: CLASSES,
    k: 3,
    p: 2,
    explain,
  });

describe("explain as an object", () => {
  it("sums contributions by owner, sets them against the runner-up, and links the images", async () => {
    const answer = await ask({ top: 3, groupBy: "owner", against: "runner-up" });
    const [result] = schemas.classifyAnswer.parse(answer.body).results;
    const [fox, owl] = result?.classes ?? [];
    expect([fox?.name, owl?.name]).toEqual(["fox", "owl"]);
    expect(result?.groups?.map(({ group }) => group).sort()).toEqual(["ann", "bob"]);
    const total = result?.groups?.reduce((sum, { contribution }) => sum + contribution, 0);
    expect(total).toBeCloseTo(fox?.score ?? NaN, 12);
    expect(result?.against).toMatchObject({ name: "owl", others: { anchors: 0, difference: 0 } });
    const difference = result?.against?.anchors.reduce((sum, part) => sum + part.difference, 0);
    expect(difference).toBeCloseTo((fox?.score ?? NaN) - (owl?.score ?? NaN), 12);
    const images = new Map<string, string | null | undefined>(
      result?.explanation?.map(({ anchor, image }) => [anchor, image]),
    );
    expect(images.get("fox2")).toBeNull();
    const link = images.get("fox/1");
    expect(link).toBe("/v1/collections/c/anchors/fox%2F1/image");
    const image = await test.call("GET", link ?? "");
    expect(image.headers.get("content-type")).toBe("image/webp");
  });

  it("lists as many as asked for, ten where it does not say, and what the others add up to", async () => {
    const [one] = schemas.classifyAnswer.parse((await ask({ top: 1 })).body).results;
    const [all] = schemas.classifyAnswer.parse((await ask({})).body).results;
    expect(one?.explanation).toEqual(all?.explanation?.slice(0, 1));
    expect(one?.others?.anchors).toBe(2);
    expect(all?.others).toEqual({ anchors: 0, contribution: 0 });
    expect(one).not.toHaveProperty("groups");
    expect(one).not.toHaveProperty("against");
  });

  it("explains every listed class, each against the best other, where every is true", async () => {
    const answer = await ask({ top: 3, groupBy: "owner", against: "runner-up", every: true });
    const [result] = schemas.classifyAnswer.parse(answer.body).results;
    expect(Object.keys(result ?? {})).toEqual(["classes", "support"]);
    const [fox, owl] = result?.classes ?? [];
    for (const each of [fox, owl]) {
      const total = each?.explanation?.reduce((sum, { contribution }) => sum + contribution, 0);
      expect(total).toBeCloseTo(each?.score ?? NaN, 12);
      const grouped = each?.groups?.reduce((sum, { contribution }) => sum + contribution, 0);
      expect(grouped).toBeCloseTo(each?.score ?? NaN, 12);
      expect(each?.explanation?.find(({ anchor }) => anchor === "fox/1")?.image).toBe(
        "/v1/collections/c/anchors/fox%2F1/image",
      );
    }
    expect([fox?.against?.name, owl?.against?.name]).toEqual(["owl", "fox"]);
    expect(owl?.against?.difference).toBeCloseTo(-(fox?.against?.difference ?? NaN), 12);
  });

  it("as a number stays what it was", async () => {
    const [result] = schemas.classifyAnswer.parse((await ask(2)).body).results;
    expect(Object.keys(result ?? {})).toEqual(["classes", "support", "explanation"]);
    expect(Object.keys(result?.explanation?.[0] ?? {}).sort()).toEqual(
      ["anchor", "contribution", "imageSimilarity", "text", "textSimilarity"].sort(),
    );
  });

  it.each([
    [{ against: "hen" }, "explain.against"],
    [{ top: 0 }, "explain.top"],
    [{ groupBy: 3 }, "explain.groupBy"],
    [{ group: "owner" }, "explain.group"],
    ["all", "explain"],
    [-1, "explain"],
    [{ top: 100_001 }, "explain.top"],
  ])("of %j is refused", async (explain, path) => {
    const answer = await ask(explain);
    expect(answer.status).toBe(400);
    expect(pathsOf(answer)[0]).toBe(path);
  });
});

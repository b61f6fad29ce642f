import { afterAll, beforeAll, expect, it } from "vitest";
import { collectionSize } from "../../src/api/collections.ts";
import { randomAnchors } from "../support/anchor-space.ts";
import { openTestApp, type TestApp } from "./support.ts";

const DIMENSIONS = { image: 12, text: 10 };
const COUNT = 30;

let test: TestApp;

beforeAll(async () => {
  test = await openTestApp();
  const external = (dimension: number) => ({ external: { dimension } });
  for (const name of ["c", "empty"])
    await test.call("POST", "/v1/collections", {
      ...{ name, imageEncoder: external(DIMENSIONS.image), textEncoder: external(DIMENSIONS.text) },
    });
  const anchors = randomAnchors(COUNT, 5, DIMENSIONS).map(({ id, image, text }) => ({
    ...{ id, text: `caption of ${id}`, imageVector: image, textVector: text },
  }));
  await test.call("PUT", "/v1/collections/c/anchors", { anchors });
});

afterAll(() => test.close());

const sizeOf = async (name: string) =>
  collectionSize.parse((await test.call("GET", `/v1/collections/${name}/size`)).body);

it("counts the bytes of a collection's vectors in memory and of its rows on disk", async () => {
  const { memory, disk } = await sizeOf("c");
  const vectors = COUNT * (DIMENSIONS.image + DIMENSIONS.text) * 4;
  expect(memory.vectors).toBe(vectors);
  expect(disk.vectors).toBeGreaterThanOrEqual(vectors);
  expect(disk.vectors).toBeLessThan(vectors + COUNT * 2 * 16);
  expect(disk.anchors).toBeGreaterThan(COUNT * "caption of anchor-0".length);
  expect(disk.images).toBe(0);
});

it("counts nothing for a collection without anchors, and none that does not exist", async () => {
  expect(await sizeOf("empty")).toEqual({
    memory: { vectors: 0 },
    disk: { anchors: 0, vectors: 0, images: 0 },
  });
  expect((await test.call("GET", "/v1/collections/nothing/size")).status).toBe(404);
});

import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { searchKeywords } from "../../src/collections/keywords.ts";
import type { CollectionName } from "../../src/types.ts";
import { openTestApp, type TestApp } from "../http/support.ts";

let test: TestApp;

beforeAll(async () => {
  test = await openTestApp();
  const external = (dimension: number) => ({ external: { dimension } });
  await test.call("POST", "/v1/collections", {
    name: "c",
    imageEncoder: external(2),
    textEncoder: external(2),
  });
  const anchors = [{ id: "a", text: "a red fox", imageVector: [1, 2], textVector: [1, 0] }];
  await test.call("PUT", "/v1/collections/c/anchors", { anchors });
});

afterAll(() => test.close());

describe("searches by keywords", () => {
  it("leave connections to other requests: at most four of them query Postgres at once", async () => {
    const { store, collections } = test.service;
    let running = 0;
    let most = 0;
    const watched: typeof store = {
      ...store,
      query: async (work) => {
        most = Math.max(most, ++running);
        await setTimeout(5);
        return store.query(work).finally(() => running--);
      },
    };
    const queried = await collections.queried("c" as CollectionName);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => searchKeywords(watched, queried, "red", { limit: 1 })),
    );
    expect(answers.map(({ hits }) => hits.map(({ id }) => id))).toEqual(Array(20).fill(["a"]));
    expect(most).toBe(4);
  });
});

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { limitMemory } from "../../src/memory-budget.ts";
import { freshDatabase, type TestDatabase } from "../support/postgres.ts";
import { openTestApp, type TestApp } from "./support.ts";

const ANCHORS = 600;
/** Less than the process uses already. */
const EXCEEDED = 2 ** 20;

const COLLECTION = {
  name: "c",
  imageEncoder: { external: { dimension: 3 } },
  textEncoder: { external: { dimension: 2 } },
};
const anchorsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, i) => {
    const angle = first + i;
    return {
      id: `a${first + i}`,
      imageVector: [Math.sin(angle), Math.cos(angle), 1],
      textVector: [Math.sin(angle), Math.cos(angle)],
    };
  });
const search = { query: { vector: [1, 0], modality: "text" }, target: "text" };

let database: TestDatabase;
let app: TestApp;
beforeAll(async () => {
  database = await freshDatabase();
  app = await openTestApp({ database });
  await app.call("POST", "/v1/collections", COLLECTION);
  await app.call("PUT", "/v1/collections/c/anchors", { anchors: anchorsFrom(0, ANCHORS) });
});
afterEach(() => limitMemory(null));
afterAll(() => app.close());

const refused = (what: RegExp) => ({
  status: 507,
  body: {
    type: "/docs#problem-insufficient-memory",
    title: "Insufficient memory",
    status: 507,
    detail: expect.stringMatching(what) as unknown,
    neededBytes: expect.any(Number) as unknown,
  },
});

test("a write that would pass 90 % of MEMORY_LIMIT is refused with the bytes that it needs, and writes nothing", async () => {
  limitMemory(EXCEEDED);
  const body = { anchors: anchorsFrom(ANCHORS, 10) };
  const answer = await app.call("PUT", "/v1/collections/c/anchors", body);
  expect(answer).toMatchObject(
    refused(/^This write needs \d+ bytes of memory, but 0 are left of 90 % of MEMORY_LIMIT/),
  );
  const { neededBytes } = answer.body as { readonly neededBytes: number };
  expect(neededBytes).toBeGreaterThan(10 * 400);
  expect(neededBytes).toBeLessThan(10 * 1_000);
  limitMemory(null);
  const { body: found } = await app.call("GET", "/v1/collections/c");
  expect(found).toMatchObject({ anchorCount: ANCHORS });
});

test("a body that there is no memory for is refused by its length, before it is read", async () => {
  limitMemory(EXCEEDED);
  const body = JSON.stringify({ anchors: anchorsFrom(ANCHORS, 1) }).padEnd(2 ** 20);
  const response = await app.app.request("http://localhost/v1/collections/c/anchors", {
    method: "PUT",
    headers: { "content-type": "application/json", "content-length": String(body.length) },
    body,
  });
  expect({ status: response.status, body: await response.json() }).toMatchObject(
    refused(new RegExp(`^Reading this request needs ${5 * 2 ** 20} bytes of memory`)),
  );
});

test("searches and deletions go on where writes are refused, and writes work again under another limit", async () => {
  limitMemory(EXCEEDED);
  expect((await app.call("POST", "/v1/collections/c/search", search)).status).toBe(200);
  expect((await app.call("DELETE", "/v1/collections/c/anchors/a1")).status).toBe(200);
  limitMemory(8 * 2 ** 30);
  const body = { anchors: anchorsFrom(1, 1) };
  expect((await app.call("PUT", "/v1/collections/c/anchors", body)).status).toBe(200);
});

test("a query that needs a fit for which there is no memory is refused, and answered once there is", async () => {
  const whitened = { ...search, transform: "center" };
  limitMemory(EXCEEDED);
  expect(await app.call("POST", "/v1/collections/c/search", whitened)).toMatchObject(
    refused(/^Fitting the center transform of text vectors needs/),
  );
  limitMemory(null);
  expect((await app.call("POST", "/v1/collections/c/search", whitened)).status).toBe(200);
});

test("a stream of anchors ends with the problem of the batch that had no memory", async () => {
  limitMemory(EXCEEDED);
  const lines = anchorsFrom(2_000, 3).map((anchor) => JSON.stringify(anchor));
  const response = await app.app.request("http://localhost/v1/collections/c/anchors", {
    method: "PUT",
    headers: { "content-type": "application/x-ndjson" },
    body: lines.join("\n"),
  });
  expect(await response.text()).toContain("insufficient-memory");
});

test("a collection that does not fit is not loaded, and is loaded once it fits", async () => {
  limitMemory(EXCEEDED);
  const other = await openTestApp({ database });
  try {
    expect(await other.call("POST", "/v1/collections/c/search", search)).toMatchObject(
      refused(/^Loading collection "c" needs/),
    );
    limitMemory(null);
    expect((await other.call("POST", "/v1/collections/c/search", search)).status).toBe(200);
  } finally {
    await other.close();
  }
});

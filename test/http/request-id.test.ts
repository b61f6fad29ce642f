import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createApp } from "../../src/http/index.ts";
import { createServiceLog } from "../../src/service-log.ts";
import { anchorOf, listen, openTestApp, type TestApp } from "./support.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

let served: TestApp;
let lines: Record<string, unknown>[];

/** The same service with a log of JSON lines. */
let app: TestApp["app"];
const failing = (): Promise<never> => Promise.reject(new TypeError("a defect"));

beforeAll(async () => {
  served = await openTestApp();
  const log = createServiceLog({
    format: "json",
    level: "debug",
    write: (text) => lines.push(JSON.parse(text) as Record<string, unknown>),
  });
  const { service, features } = served;
  app = createApp(
    { ...service, collections: { ...service.collections, list: failing } },
    features,
    { host: "127.0.0.1", apiKey: null, bodyLimitBytes: 1_000_000 },
    log,
  );
});

beforeEach(() => {
  lines = [];
});

afterAll(() => served.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  app.request(`http://127.0.0.1${path}`, { headers });

describe("the id of a request", () => {
  test("is one that the client sent, on the answer, in its problem and in each log line", async () => {
    const response = await get("/v1/collections", { "x-request-id": "trace-7f.3:a/b=1" });
    expect(response.status).toBe(500);
    expect(response.headers.get("x-request-id")).toBe("trace-7f.3:a/b=1");
    expect(await response.json()).toMatchObject({ status: 500, requestId: "trace-7f.3:a/b=1" });
    expect(lines).toMatchObject([
      { level: "error", msg: "defect", error: { message: "a defect" }, requestId: "trace-7f.3:a/b=1" },
      { level: "debug", msg: "answered", status: 500, requestId: "trace-7f.3:a/b=1" },
    ]);
  });

  test("is made where none was sent, another one for each", async () => {
    const [one, other] = [await get("/v1/nothing"), await get("/v1/nothing")];
    const [first, second] = [one, other].map(({ headers }) => headers.get("x-request-id"));
    expect(first).toMatch(UUID);
    expect(second).toMatch(UUID);
    expect(first).not.toBe(second);
    expect(await one.json()).toMatchObject({ status: 404, requestId: first });
  });

  test.each([
    ["is empty", ""],
    ["holds a space", "a b"],
    ["holds a quote", 'a"b'],
    ["holds markup", "<script>"],
    ["holds other than ASCII", "\u00e9"],
    ["holds a tab", "a\tb"],
    ["is too long", "a".repeat(129)],
    ["is two in one", "a, b"],
  ])("is made where the one that was sent %s", async (_, sent) => {
    const response = await get("/v1/nothing", { "x-request-id": sent });
    expect(response.headers.get("x-request-id")).toMatch(UUID);
    expect(await response.json()).toMatchObject({ requestId: response.headers.get("x-request-id") });
  });

  test("is on answers without a problem, and on those of what refuses before", async () => {
    expect((await get("/healthz", { "x-request-id": "h" })).headers.get("x-request-id")).toBe("h");
    const refused = await get("/healthz", { "x-request-id": "r", host: "evil.example" });
    expect(refused.status).toBe(421);
    expect(await refused.json()).toMatchObject({ requestId: "r" });
  });

  test("is each request's own where several are answered at once", async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `request-${i}`);
    const told = await Promise.all(
      ids.map(async (id): Promise<unknown> => (await get("/v1/collections", { "x-request-id": id })).json()),
    );
    expect(told.map((problem) => (problem as { requestId: string }).requestId)).toEqual(ids);
  });

  test("is in the problem that ends a stream of anchors", async () => {
    const { url } = await listen(served);
    await served.call("POST", "/v1/collections", {
      name: "c",
      imageEncoder: { external: { dimension: 3 } },
      textEncoder: { external: { dimension: 2 } },
    });
    const anchors = Array.from({ length: 300 }, (_, i) => JSON.stringify(anchorOf(`a${i}`)));
    const response = await fetch(`${url}/v1/collections/c/anchors`, {
      method: "PUT",
      headers: { "content-type": "application/x-ndjson", "x-request-id": "stream-1" },
      body: `${anchors.join("\n")}\nno JSON\n`,
    });
    const last = (await response.text()).trim().split("\n").at(-1) ?? "";
    expect(JSON.parse(last)).toMatchObject({ status: 400, line: 301, requestId: "stream-1" });
  });
});

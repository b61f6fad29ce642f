import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCollection, openTestApp, stateOf, type TestApp } from "./support.ts";

const KEY = "correct-horse-battery";

describe("a service with an API key", () => {
  let test: TestApp;

  beforeAll(async () => {
    test = await openTestApp({ host: "0.0.0.0", apiKey: KEY });
  });

  afterAll(() => test.close());

  it.each(["/healthz", "/readyz", "/openapi.json", "/docs", "/"])("tells anyone %s", async (path) => {
    expect((await test.call("GET", path)).status).toBe(200);
  });

  it.each([
    ["GET", "/v1/collections"],
    ["GET", "/metrics"],
    ["GET", "/v1/nothing"],
    ["POST", "/v1/collections"],
  ])("refuses %s %s without it", async (method, path) => {
    const answer = await test.call(method, path);
    expect(answer).toMatchObject({ status: 401, body: { title: "Unauthorized" } });
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="anchorage"');
  });

  it.each([`Bearer ${KEY}x`, "Bearer", `Basic ${KEY}`, KEY, "Bearer  "])(
    "refuses %j",
    async (authorization) => {
      const answer = await test.call("GET", "/v1/collections", undefined, { authorization });
      expect(answer.status).toBe(401);
    },
  );

  it.each([`Bearer ${KEY}`, `bearer ${KEY}`])(
    "answers with %j, by whatever name it is called",
    async (authorization) => {
      const answer = await test.call("GET", "/v1/collections", undefined, {
        authorization,
        host: "vectors.example.org",
      });
      expect(answer.status).toBe(200);
    },
  );
});

describe("a service on loopback without an API key", () => {
  let test: TestApp;

  beforeAll(async () => {
    test = await openTestApp();
    await createCollection(test, "c");
  });

  afterAll(() => test.close());

  it.each(["localhost:8080", "127.0.0.1", "127.0.0.2:1", "[::1]:8080", "LOCALHOST", "app.localhost"])(
    "answers to Host %s",
    async (host) => {
      expect((await test.call("GET", "/v1/collections", undefined, { host })).status).toBe(200);
    },
  );

  it.each([
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example:8080",
    "192.168.1.2",
    "notlocalhost",
  ])("refuses Host %s, which a page may have pointed here", async (host) => {
    expect((await test.call("GET", "/v1/collections", undefined, { host })).status).toBe(421);
  });

  it.each([
    ["DELETE", { origin: "http://evil.example" }],
    ["DELETE", { origin: "null" }],
    ["DELETE", { origin: "http://localhost:3000" }],
    ["DELETE", { "sec-fetch-site": "cross-site" }],
    ["DELETE", { "sec-fetch-site": "same-site" }],
  ])("refuses a change that a page of another origin sends: %s %j", async (method, headers) => {
    const before = await stateOf(test);
    const answer = await test.call(method, "/v1/collections/c", undefined, {
      host: "localhost:8080",
      ...headers,
    });
    expect(answer).toMatchObject({ status: 403, body: { title: "Forbidden" } });
    expect(await stateOf(test)).toEqual(before);
  });

  it("lets no other origin read", async () => {
    const answer = await test.call("GET", "/v1/collections", undefined, { origin: "http://evil.example" });
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    expect(answer.headers.get("cross-origin-resource-policy")).toBe("same-origin");
    const preflight = await test.call("OPTIONS", "/v1/collections", undefined, {
      origin: "http://evil.example",
    });
    expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("answers its own pages and those who send no origin", async () => {
    const own = { host: "localhost:8080", origin: "http://localhost:8080", "sec-fetch-site": "same-origin" };
    const query = { query: { anchor: "kept" }, target: "image" };
    expect((await test.call("POST", "/v1/collections/c/search", query, own)).status).toBe(200);
    expect((await test.call("POST", "/v1/collections/c/search", query)).status).toBe(200);
  });
});

describe("a service that lets others in", () => {
  const ORIGIN = "https://app.example";
  let test: TestApp;

  beforeAll(async () => {
    test = await openTestApp({
      apiKey: KEY,
      access: { allowedOrigins: [ORIGIN], publicHosts: ["vectors.example"], openDocs: false },
    });
  });

  afterAll(() => test.close());

  const authorization = `Bearer ${KEY}`;

  it("answers pages of an allowed origin, and their preflights", async () => {
    const preflight = await test.call("OPTIONS", "/v1/collections", undefined, {
      origin: ORIGIN,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type",
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe(ORIGIN);
    const answer = await test.call(
      "POST",
      "/v1/rank-correlation",
      { x: [1, 2], y: [1, 2] },
      { origin: ORIGIN, "sec-fetch-site": "cross-site", authorization },
    );
    expect(answer.status).toBe(200);
    expect(answer.headers.get("access-control-allow-origin")).toBe(ORIGIN);
    expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
  });

  it.each(["https://app.example.evil", "http://app.example", "https://app.example:444", "null"])(
    "refuses pages of %s",
    async (origin) => {
      const body = { x: [1, 2], y: [1, 2] };
      const answer = await test.call("POST", "/v1/rank-correlation", body, { origin, authorization });
      expect(answer.status).toBe(403);
      expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    },
  );

  it.each(["vectors.example", "vectors.example:443", "localhost"])("answers to Host %s", async (host) => {
    expect((await test.call("GET", "/v1/collections", undefined, { host, authorization })).status).toBe(200);
  });

  it("answers to no other host", async () => {
    const headers = { host: "evil.example", authorization };
    expect((await test.call("GET", "/v1/collections", undefined, headers)).status).toBe(421);
  });

  it.each(["/", "/docs", "/openapi.json"])("asks for a key before %s", async (path) => {
    expect((await test.call("GET", path)).status).toBe(401);
    expect((await test.call("GET", path, undefined, { authorization })).status).toBe(200);
  });
});

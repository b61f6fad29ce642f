import { request as send, type IncomingMessage } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createListener, createMetrics } from "../../src/http/index.ts";
import { silentLog } from "../../src/log.ts";
import { createCollection, listen, openTestApp, type TestApp } from "./support.ts";

const ADMIN = "correct-horse-battery";
const VECTOR = { query: { vector: [3, 1, 2], modality: "image" }, target: "image", limit: 2 };

interface Sent {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

let served: TestApp;
let key: string;

beforeAll(async () => {
  served = await openTestApp({ apiKey: ADMIN });
  const authorized: TestApp = {
    ...served,
    call: (method, path, body) => served.call(method, path, body, { authorization: `Bearer ${ADMIN}` }),
  };
  await createCollection(authorized, "birds");
  await createCollection(authorized, "secret");
  const spec = { name: "a reader", scope: "read", collections: ["birds"] };
  ({ key } = (await authorized.call("POST", "/v1/keys", spec)).body as { key: string });
});

afterAll(() => served.close());

/** The framework, without what is in front of it. */
const framework = (): Pick<TestApp, "listener"> => {
  const listener = getRequestListener((request, env) => served.app.fetch(request, env));
  return { listener: (...exchange) => void listener(...exchange) };
};

const OF_CONNECTION = new Set(["date", "connection", "keep-alive", "transfer-encoding", "content-length"]);

const call = async (url: string, { path = "search", headers = {}, body = VECTOR }: Sent) => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = send(`${url}/v1/collections/${path.includes("/") ? path : `birds/${path}`}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text),
        authorization: `Bearer ${key}`,
        "x-request-id": "r-1",
        ...headers,
      },
    });
    asked.once("response", resolve).once("error", reject).end(text);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of answer) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  const got = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
  return {
    status: answer.statusCode,
    headers: Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !OF_CONNECTION.has(name))),
    body: "tookMs" in got ? { ...got, tookMs: 0 } : got,
  };
};

const base64 = Buffer.from(Float32Array.of(3, 1, 2).buffer).toString("base64");

const SAME: readonly (readonly [what: string, sent: Sent, status: number])[] = [
  ["a search by numbers", {}, 200],
  ["a search by base64", { body: { ...VECTOR, query: { vector: base64, modality: "image" } } }, 200],
  [
    "a search for several queries",
    { body: { queries: [VECTOR.query, { anchor: "kept" }], target: "image" } },
    200,
  ],
  ["facets", { path: "facets", body: { keys: ["seed"] } }, 200],
  ["a body that is not JSON", { body: '{"query": }' }, 400],
  ["an empty body", { body: "" }, 400],
  ["a body that is not UTF-8", { body: "\ud800" }, 400],
  ["a key that stands twice", { body: '{"target": "image", "target": "text"}' }, 400],
  ["an unknown field", { body: { ...VECTOR, limt: 3 } }, 400],
  [
    "an unknown field beside several queries",
    { body: { queries: [VECTOR.query], target: "image", limt: 3 } },
    400,
  ],
  ["a vector of another length", { body: { ...VECTOR, query: { vector: [1], modality: "image" } } }, 400],
  [
    "a collection that is not there",
    { path: "nobody/search", headers: { authorization: `Bearer ${ADMIN}` } },
    404,
  ],
  ["a collection that the key may not see", { path: "secret/search" }, 404],
  ["no key", { headers: { authorization: "" } }, 401],
  ["a wrong key", { headers: { authorization: "Bearer ank_0_0" } }, 401],
  ["a request of another site's page", { headers: { "sec-fetch-site": "cross-site" } }, 403],
  ["another host's name", { headers: { host: "example.org" } }, 421],
  ["a malformed request id", { headers: { "x-request-id": 'a "word"' }, body: "[" }, 400],
];

describe("a query that is answered without the framework", () => {
  test.each(SAME)("is answered as by the framework: %s", async (_, sent, status) => {
    const byFramework = await call((await listen(framework())).url, sent);
    const direct = await call((await listen(served)).url, sent);
    expect(direct.status).toBe(status);
    const ids = [direct, byFramework].map(({ headers }) => headers["x-request-id"]);
    expect(withoutIds(direct, ids)).toEqual(withoutIds(byFramework, ids));
  });

  test("does not reach the framework, which gets a body that is long or a page's", async () => {
    const { service: core, features } = served;
    const config = { host: "127.0.0.1", apiKey: ADMIN, bodyLimitBytes: 1_000_000 };
    const parts = { core, features, config, metrics: createMetrics(core), log: silentLog };
    const unreachable = { fetch: () => Response.json({}, { status: 418 }) };
    const { url } = await listen({ listener: createListener(unreachable, parts) });
    expect((await call(url, {})).status).toBe(200);
    expect((await call(url, { body: `${" ".repeat(200_000)}{}` })).status).toBe(418);
    expect((await call(url, { headers: { origin: "https://example.org" } })).status).toBe(418);
    expect((await call(url, { path: "relative" })).status).toBe(418);
  });

  test("is counted among the requests, and its refusal is in the audit log", async () => {
    const counted = async (): Promise<number> => {
      const { body } = await served.call("GET", "/metrics", undefined, { authorization: `Bearer ${ADMIN}` });
      const line =
        /duration_seconds_count\{method="POST",route="\/v1\/collections\/:collection\/search",status="200"\} (\d+)/;
      return Number(line.exec(String(body))?.[1] ?? 0);
    };
    const before = await counted();
    await call((await listen(served)).url, {});
    expect(await counted()).toBe(before + 1);
  });

  test("keeps its connection after a refusal whose body was not read", async () => {
    const { url } = await listen(served);
    const statuses = [];
    for (const headers of [{ authorization: "" }, {}, { authorization: "" }, {}])
      statuses.push((await call(url, { headers })).status);
    expect(statuses).toEqual([401, 200, 401, 200]);
  });
});

const withoutIds = (got: unknown, ids: readonly unknown[]): unknown =>
  JSON.parse(ids.reduce<string>((text, id) => text.replaceAll(String(id), "ID"), JSON.stringify(got)));

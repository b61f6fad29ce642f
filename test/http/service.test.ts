import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../../src/http/index.ts";
import type { CollectionName } from "../../src/types.ts";
import { BASE, createCollection, openTestApp, type TestApp } from "./support.ts";
import { collectingLog, silentLog } from "../support/log.ts";

const config = { host: "127.0.0.1", apiKey: null, bodyLimitBytes: 1024 };

let test: TestApp;

beforeAll(async () => {
  test = await openTestApp();
  await createCollection(test, "c");
});

afterAll(() => test.close());

describe("the service", () => {
  it("says that it is up and ready", async () => {
    expect(await test.call("GET", "/healthz")).toMatchObject({ status: 200, body: { status: "ok" } });
    expect(await test.call("GET", "/readyz")).toMatchObject({
      status: 200,
      body: { ready: true, loading: 0 },
    });
  });

  it("is not ready while a collection's indexes catch up", async () => {
    const behind = (): Promise<CollectionName[]> => Promise.resolve(["c" as CollectionName]);
    const { service } = test;
    const app = createApp(
      { ...service, collections: { ...service.collections, behind } },
      test.features,
      config,
      silentLog,
    );
    const response = await app.request(`${BASE}/readyz`);
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).not.toBeNull();
    expect(await response.json()).toEqual({ ready: false, loading: 1 });
  });

  it("lists its encoders", async () => {
    expect(await test.call("GET", "/v1/encoders")).toMatchObject({ status: 200, body: { encoders: [] } });
  });

  it("shows jobs and cancels them", async () => {
    const started = await test.service.jobs.start("test", "c", ({ signal, progress }) => {
      progress(1, 3);
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          reject(signal.reason as Error);
        });
      });
    });
    const path = `/v1/jobs/${started.id}`;
    expect((await test.call("GET", path)).body).toMatchObject({
      kind: "test",
      subject: "c",
      state: "running",
    });
    expect((await test.call("GET", "/v1/jobs")).body).toMatchObject({ jobs: [{ id: started.id }] });
    expect((await test.call("DELETE", path)).body).toMatchObject({ state: "cancelled" });
    expect((await test.call("DELETE", path)).body).toMatchObject({ state: "cancelled" });
  });

  it("answers HEAD as GET, without a body", async () => {
    expect(await test.call("HEAD", "/v1/collections/c")).toMatchObject({ status: 200, body: "" });
  });
});

describe("the metrics", () => {
  it("count requests by route and status, never by what a caller made up", async () => {
    await test.call("GET", "/v1/collections/c/anchors/kept");
    await test.call("GET", "/made/up/7d1f");
    await test.call("GET", "/v1/collections/7d1f");
    const { body, headers } = await test.call("GET", "/metrics");
    expect(headers.get("content-type")).toContain("text/plain");
    expect(body).toContain(
      'anchorage_http_request_duration_seconds_count{method="GET",route="/v1/collections/:collection/anchors/:id",status="200"} 1',
    );
    expect(body).toContain('{method="GET",route="unmatched",status="404"} 1');
    expect(body).not.toContain("7d1f");
  });

  it("tell how many anchors each collection has, and how the process fares", async () => {
    const { body } = await test.call("GET", "/metrics");
    expect(body).toContain('anchorage_anchors{collection="c"} 1');
    expect(body).toContain("anchorage_store_up 1");
    expect(body).toContain("process_resident_memory_bytes");
  });
});

describe("a defect", () => {
  it("is a problem that keeps its insides to the log", async () => {
    const logged: string[] = [];
    const { service } = test;
    const list = (): Promise<never> => Promise.reject(new TypeError("secret detail"));
    const app = createApp(
      { ...service, collections: { ...service.collections, list } },
      test.features,
      config,
      collectingLog(logged),
    );
    const response = await app.request(`${BASE}/v1/collections`);
    expect(response.status).toBe(500);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.text()).not.toContain("secret");
    expect(logged.join()).toContain("secret detail");
  });
});

describe("without Postgres", () => {
  it("requests are told when to come again, the process stays up, and metrics say so", async () => {
    const broken = await openTestApp();
    await broken.service.store.close();
    const answer = await broken.call("GET", "/v1/collections");
    expect(answer).toMatchObject({ status: 503, body: { title: "Unavailable" } });
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    expect((await broken.call("GET", "/readyz")).status).toBe(503);
    expect((await broken.call("GET", "/healthz")).status).toBe(200);
    expect((await broken.call("GET", "/metrics")).body).toContain("anchorage_store_up 0");
    await broken.close();
  });
});

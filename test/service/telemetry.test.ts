import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { makeDataDir, outcomeOf, startService, type DataDir, type Running } from "./running.ts";

const attribute = z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) });
const traces = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(attribute) }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              name: z.string(),
              kind: z.number(),
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              attributes: z.array(attribute),
            }),
          ),
        }),
      ),
    }),
  ),
});
const metrics = z.object({
  resourceMetrics: z.array(
    z.object({
      scopeMetrics: z.array(z.object({ metrics: z.array(z.looseObject({ name: z.string() })) })),
    }),
  ),
});
type Span = z.infer<typeof traces>["resourceSpans"][number]["scopeSpans"][number]["spans"][number];

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
};

const spans: Span[] = [];
const resources = new Map<string, unknown>();
const metricNames = new Set<string>();
const received: string[] = [];

/** A collector as far as the service needs one. */
const startCollector = async (): Promise<{ server: Server; url: string }> => {
  const server = createServer((request, response) => {
    void bodyOf(request).then((text) => {
      received.push(text);
      const body: unknown = JSON.parse(text);
      if (request.url === "/v1/traces")
        for (const { resource, scopeSpans } of traces.parse(body).resourceSpans) {
          for (const { key, value } of resource.attributes) resources.set(key, value.stringValue);
          spans.push(...scopeSpans.flatMap((scope) => scope.spans));
        }
      else if (request.url === "/v1/metrics")
        for (const { scopeMetrics } of metrics.parse(body).resourceMetrics)
          for (const { name } of scopeMetrics.flatMap((scope) => scope.metrics)) metricNames.add(name);
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};

const CAPTION = "a heron that nobody else has seen";
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";

let collector: { server: Server; url: string };
let dataDir: DataDir;
let service: Running;
let offered: Set<string>;
beforeAll(async () => {
  [collector, dataDir] = await Promise.all([startCollector(), makeDataDir()]);
  service = await startService(dataDir.path, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_METRIC_EXPORT_INTERVAL: "1000",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
  });
  const call = (path: string, method: string, body: unknown, headers = {}) =>
    fetch(`${service.url}${path}`, {
      method,
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  await call("/v1/collections", "POST", { name: "birds", imageEncoder: { external: { dimension: 2 } } });
  const anchors = [
    { id: "heron", text: CAPTION, imageVector: [1, 0.21875] },
    { id: "owl", text: "an owl", imageVector: [0.21875, 1] },
  ];
  await call("/v1/collections/birds/anchors", "PUT", { anchors });
  // Not the caption itself, whose vector is still in memory.
  const question = { query: { text: `${CAPTION} at dusk` }, target: "text", limit: 1 };
  const answer = await call("/v1/collections/birds/search", "POST", question, {
    traceparent: `00-${TRACE}-${PARENT}-01`,
  });
  expect(answer.status).toBe(200);
  await call("/v1/collections/none/search", "POST", question);
  const shown = await (await fetch(`${service.url}/metrics`)).text();
  offered = new Set([...shown.matchAll(/^# TYPE (\S+)/gm)].map(([, name = ""]) => name));
  while (metricNames.size === 0) await setTimeout(50);
  // A stop sends what has not been sent.
  await service.end("SIGTERM");
}, 300_000);
afterAll(async () => {
  service.child.kill();
  collector.server.close();
  await dataDir.remove();
});

const named = (name: string): Span[] => spans.filter((span) => span.name === name);
const attributesOf = (span: Span | undefined): Record<string, unknown> =>
  Object.fromEntries((span?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]));

describe("a service with OTEL_EXPORTER_OTLP_ENDPOINT", () => {
  it("sends a span for a request, as a child of the caller's", () => {
    const [request] = named("POST /v1/collections/:collection/search").filter(
      ({ traceId }) => traceId === TRACE,
    );
    expect(request).toMatchObject({ parentSpanId: PARENT, kind: 2 });
    expect(attributesOf(request)).toMatchObject({
      "http.request.method": "POST",
      "http.route": "/v1/collections/:collection/search",
      "http.response.status_code": 200,
    });
  });

  it("sends spans for the search, its index and its encoder within that request's trace", () => {
    const ofTrace = spans.filter(({ traceId }) => traceId === TRACE);
    expect(ofTrace.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["search", "search exact", "encode texts"]),
    );
    const search = ofTrace.find(({ name }) => name === "search");
    expect(attributesOf(search)).toMatchObject({
      "anchorage.collection": "birds",
      "anchorage.plan.index": "exact",
    });
    expect(attributesOf(search)["anchorage.k"]).toBeDefined();
    const request = ofTrace.find(({ parentSpanId }) => parentSpanId === PARENT);
    expect(search?.parentSpanId).toBe(request?.spanId);
  });

  it("sends spans for encoding and committing a write", () => {
    expect(attributesOf(named("commit")[0])).toMatchObject({ "anchorage.collection": "birds" });
    expect(named("encode texts").length).toBeGreaterThan(0);
  });

  it("marks a refused request's span with its status", () => {
    const statuses = named("POST /v1/collections/:collection/search").map(
      (span) => attributesOf(span)["http.response.status_code"],
    );
    expect(statuses).toContain(404);
  });

  it("sends the metrics of /metrics under their names", () => {
    expect([...offered].filter((name) => !metricNames.has(name))).toEqual([]);
  });

  it("names itself and takes attributes from OTEL_RESOURCE_ATTRIBUTES", () => {
    expect(resources.get("service.name")).toBe("anchorage");
    expect(resources.get("deployment.environment.name")).toBe("test");
  });

  it("sends no caption, id of an anchor or vector", () => {
    expect(received.filter((text) => text.includes(CAPTION) || text.includes("heron"))).toEqual([]);
    expect(received.filter((text) => text.includes("0.21875"))).toEqual([]);
  });
});

it("a service does not start with an endpoint that is no URL", async () => {
  const { status, stderr } = await outcomeOf(dataDir.path, { OTEL_EXPORTER_OTLP_ENDPOINT: "collector" });
  expect(status).toBe(1);
  expect(stderr).toContain("OTEL_EXPORTER_OTLP_ENDPOINT: must be a URL");
});

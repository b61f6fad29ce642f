import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BASE, openTestApp, type TestApp } from "./support.ts";

interface Operation {
  readonly operationId: string;
  readonly responses: Record<string, { content?: Record<string, { schema: unknown }> }>;
  readonly requestBody?: { content: Record<string, { schema: { $ref: string } }> };
}

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { schemas: Record<string, { example?: unknown }>; securitySchemes: object };
}

let test: TestApp;
let document: Document;

beforeAll(async () => {
  test = await openTestApp();
  document = (await test.call("GET", "/openapi.json")).body as Document;
});

afterAll(() => test.close());

const operations = (): [string, Operation][] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );

/** The contract that programs are written against. */
const CONTRACT = `
POST /v1/collections
GET /v1/collections
GET /v1/collections/{collection}
PATCH /v1/collections/{collection}
DELETE /v1/collections/{collection}
PUT /v1/collections/{collection}/anchors
GET /v1/collections/{collection}/anchors
GET /v1/collections/{collection}/anchors/{id}
GET /v1/collections/{collection}/anchors/{id}/image
DELETE /v1/collections/{collection}/anchors/{id}
POST /v1/collections/{collection}/anchors/exists
POST /v1/collections/{collection}/anchors/of-source
POST /v1/collections/{collection}/anchors/delete
GET /v1/collections/{collection}/size
GET /v1/collections/{collection}/receipts
GET /v1/collections/{collection}/receipts/{id}
POST /v1/collections/{collection}/compact
POST /v1/collections/{collection}/erase
GET /v1/collections/{collection}/erasure-reports
GET /v1/collections/{collection}/erasure-reports/{id}
GET /v1/collections/{collection}/erasure-reports/{id}/html
GET /v1/signing-key
POST /v1/collections/{collection}/check
GET /v1/collections/{collection}/check
POST /v1/collections/{collection}/tune
GET /v1/collections/{collection}/tune
POST /v1/collections/{collection}/reencode
GET /v1/collections/{collection}/reencode
POST /v1/collections/{collection}/search
POST /v1/collections/{collection}/relative
POST /v1/collections/{collection}/similarity
POST /v1/collections/{collection}/classify
POST /v1/collections/{collection}/evaluate
GET /v1/collections/{collection}/evaluate
POST /v1/collections/{collection}/adaptations
GET /v1/collections/{collection}/adaptations
GET /v1/collections/{collection}/adaptations/{id}
DELETE /v1/collections/{collection}/adaptations/{id}
POST /v1/collections/{collection}/forecast
GET /v1/collections/{collection}/forecast
POST /v1/collections/{collection}/calibrate
GET /v1/collections/{collection}/calibrations
POST /v1/collections/{collection}/coverage
POST /v1/collections/{collection}/counterfactual
POST /v1/collections/{collection}/influence
POST /v1/transferability
POST /v1/rank-correlation
POST /v1/selections
GET /v1/selections
GET /v1/selections/{id}
DELETE /v1/selections/{id}
POST /v1/collections/{collection}/features
POST /v1/collections/{collection}/adapter-inputs
POST /v1/adapters
GET /v1/adapters
POST /v1/adapters/train
GET /v1/adapters/{id}
DELETE /v1/adapters/{id}
GET /v1/decoders
POST /v1/generate
POST /v1/consensus
POST /v1/consensus/score
GET /v1/scorers
GET /v1/generators
GET /v1/encoders
POST /v1/backup
POST /v1/keys
GET /v1/keys
DELETE /v1/keys/{id}
POST /v1/session
GET /v1/session
DELETE /v1/session
GET /v1/jobs
GET /v1/jobs/{id}
DELETE /v1/jobs/{id}
GET /healthz
GET /readyz
GET /metrics
GET /openapi.json
GET /docs`
  .trim()
  .split("\n");

describe("the OpenAPI document", () => {
  it("is of version 3.1 and holds the whole contract", () => {
    expect(document.openapi).toBe("3.1.0");
    expect(operations().map(([name]) => name)).toEqual(expect.arrayContaining(CONTRACT));
  });

  const FILES_OF_PAGES = ["/docs/script.js", "/docs/style.css", "/assets/:name"];

  it("names every route of the application and no other", () => {
    const routes = test.app.routes
      .filter(({ method, path }) => method !== "ALL" && !FILES_OF_PAGES.includes(path))
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
    expect([...new Set(routes)].sort()).toEqual(
      operations()
        .map(([name]) => name)
        .sort(),
    );
  });

  it("gives each operation a name of its own", () => {
    const names = operations().map(([, { operationId }]) => operationId);
    expect(new Set(names).size).toBe(names.length);
  });

  it("describes every failure as problem+json, and the stream as NDJSON", () => {
    for (const [name, { responses }] of operations()) {
      for (const [status, { content }] of Object.entries(responses)) {
        if (Number(status) < 400 || name === "GET /readyz") continue;
        expect(Object.keys(content ?? {}), `${name} ${status}`).toEqual(["application/problem+json"]);
      }
    }
    const put = document.paths["/v1/collections/{collection}/anchors"]?.put;
    expect(Object.keys(put?.requestBody?.content ?? {})).toEqual([
      "application/json",
      "application/x-ndjson",
    ]);
    expect(Object.keys(document.components.securitySchemes)).toEqual(["apiKey", "session"]);
  });

  it("refers to nothing that it does not hold", () => {
    const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name,
    );
    expect(references.length).toBeGreaterThan(50);
    for (const name of references) expect(Object.keys(document.components.schemas)).toContain(name);
  });

  it("gives examples of changes that work one after another", async () => {
    const example = (name: string): unknown => document.components.schemas[name]?.example;
    const anchors = "/v1/collections/birds/anchors";
    expect((await test.call("POST", "/v1/collections", example("CollectionSpec"))).status).toBe(201);
    const put = await test.call("PUT", anchors, { anchors: [example("Anchor")] });
    expect(put).toMatchObject({ status: 200, body: { upserted: 1 } });
    const filter = encodeURIComponent(JSON.stringify(example("Filter")));
    expect((await test.call("GET", `${anchors}?filter=${filter}`)).status).toBe(200);
    const deleted = await test.call("POST", `${anchors}/delete`, example("DeleteAnchors"));
    expect(deleted).toMatchObject({ status: 200, body: { deleted: 1 } });
  });

  it("gives examples of queries that are understood", async () => {
    for (const [name, { requestBody }] of operations().filter(([path]) =>
      /(search|relative|similarity|classify|counterfactual|influence)$/.test(path),
    )) {
      const reference = requestBody?.content["application/json"]?.schema.$ref.split("/").at(-1) ?? "";
      const path = (name.split(" ")[1] ?? "").replace("{collection}", "nobody");
      const answer = await test.call("POST", path, document.components.schemas[reference]?.example);
      expect(answer, name).toMatchObject({ status: 404 });
    }
  });
});

describe("the page of docs", () => {
  it("shows every operation, runs its own script alone and asks no other host", async () => {
    const response = await test.app.request(`${BASE}/docs`);
    const page = await response.text();
    for (const [, { operationId }] of operations()) expect(page).toContain(`id="${operationId}"`);
    expect(page.match(/<script[^>]*>/g)).toEqual(['<script src="/docs/script.js" defer>']);
    expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\/|\son\w+="/);
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(response.headers.get("content-security-policy")).toContain("script-src 'self';");
    const script = await test.app.request(`${BASE}/docs/script.js`);
    expect(script.headers.get("content-type")).toContain("text/javascript");
    const style = await test.app.request(`${BASE}/docs/style.css`);
    expect(style.headers.get("content-type")).toContain("text/css");
  });

  it("has a form for every operation, with a field for each part of the path and the example as body", async () => {
    const page = await (await test.app.request(`${BASE}/docs`)).text();
    expect(page.match(/<form /g)).toHaveLength(operations().length);
    const [, search = ""] = page.split('data-path="/v1/collections/{collection}/search"');
    expect(search.split("</form>")[0]).toMatch(
      /name="path:collection" value="emoji" required[^]*<textarea name="body"/,
    );
  });

  it("explains the type of every problem", async () => {
    const answer = await test.call("GET", "/nowhere");
    const anchor = (answer.body as { type: string }).type.split("#")[1] ?? "";
    expect(await (await test.app.request(`${BASE}/docs`)).text()).toContain(`id="${anchor}"`);
  });
});

import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { OpenAPIHono } from "@hono/zod-openapi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPage } from "../../src/http/page.ts";
import { openTestApp, type TestApp } from "./support.ts";

const HTML = "<!doctype html><title>Anchorage</title>";
const SCRIPT = "export const anchors = 1;\n".repeat(100);

let folder: string;
let test: TestApp;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "anchorage-page-"));
  await mkdir(join(folder, "assets"));
  await writeFile(join(folder, "index.html"), HTML);
  await writeFile(join(folder, "assets", "index-abc.js"), SCRIPT);
  await writeFile(join(folder, "secret.txt"), "secret");
  test = await openTestApp({ apiKey: "a key of sixteen characters" });
});

afterAll(async () => {
  await test.close();
  await rm(folder, { recursive: true });
});

const appOf = (from: string): OpenAPIHono => {
  const app = new OpenAPIHono();
  const page = createPage(from);
  app.get("/", (c) => page.answer(c));
  page.addAssets(app);
  return app;
};

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  Promise.resolve(appOf(folder).request(`http://localhost${path}`, { headers }));

describe("the page", () => {
  it("is served under a policy without inline scripts, evaluation and other origins", async () => {
    const response = await get("/");
    expect(await response.text()).toBe(HTML);
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).not.toMatch(/unsafe|https?:/);
    expect(response.headers.get("cache-control")).toBe("no-cache");
  });

  it("serves its files for a year, compressed as the browser asks", async () => {
    const plain = await get("/assets/index-abc.js");
    expect(await plain.text()).toBe(SCRIPT);
    expect(plain.headers.get("content-type")).toContain("text/javascript");
    expect(plain.headers.get("cache-control")).toContain("immutable");
    const br = await get("/assets/index-abc.js", { "accept-encoding": "gzip, deflate, br" });
    expect(br.headers.get("content-encoding")).toBe("br");
    expect(brotliDecompressSync(Buffer.from(await br.arrayBuffer())).toString()).toBe(SCRIPT);
    const gz = await get("/assets/index-abc.js", { "accept-encoding": "gzip, br;q=0" });
    expect(gz.headers.get("content-encoding")).toBe("gzip");
    expect(gunzipSync(Buffer.from(await gz.arrayBuffer())).toString()).toBe(SCRIPT);
  });

  it("answers 304 for the ETag that it gave", async () => {
    const etag = (await get("/assets/index-abc.js")).headers.get("etag") ?? "";
    const again = await get("/assets/index-abc.js", { "if-none-match": etag });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  });

  it.each(["/assets/nothing.js", "/assets/..%2Fsecret.txt", "/assets/%2Fetc%2Fpasswd"])(
    "has nothing at %s",
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );

  it("says what to run where it is not built", async () => {
    const response = await appOf(join(folder, "nowhere")).request("http://localhost/");
    expect(response.status).toBe(503);
    expect(await response.text()).toContain("npm run build");
  });
});

describe("the root of the service", () => {
  it("is JSON for programs and the page for a browser, without a key", async () => {
    const json = await test.app.request("http://localhost/", { headers: { accept: "application/json" } });
    expect(await json.json()).toMatchObject({ name: "Anchorage", docs: "/docs" });
    const html = await test.app.request("http://localhost/", { headers: { accept: "text/html,*/*" } });
    expect(html.headers.get("content-type")).toContain("text/html");
    const file = await test.app.request("http://localhost/assets/nothing.js");
    expect(file.status).toBe(404);
  });
});

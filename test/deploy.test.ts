import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { createCollection, openTestApp, type TestApp } from "./http/support.ts";

const ROOT = join(import.meta.dirname, "..");
const read = (file: string): string => readFileSync(join(ROOT, "deploy", file), "utf8");
const isInstalled = (command: string): boolean =>
  spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;

/** A metric's name, without what PromQL and its labels add. */
const METRIC = /\b((?:anchorage|nodejs|process)_[a-z0-9_]+)\b/g;
const metricsIn = (text: string): string[] => [
  ...new Set([...text.matchAll(METRIC)].map(([, name = ""]) => name)),
];

describe("the metrics of /metrics", () => {
  let app: TestApp;
  let offered: Set<string>;
  beforeAll(async () => {
    app = await openTestApp();
    await createCollection(app, "c");
    const { body } = await app.call("GET", "/metrics");
    offered = new Set(
      [...String(body).matchAll(/^(?:# TYPE )?([a-z][a-z0-9_]*)(?:\{| )/gm)].map(([, name = ""]) => name),
    );
  });
  afterAll(() => app.close());

  it("have every name that the dashboard uses", () => {
    const used = metricsIn(read("grafana.json"));
    expect(used.length).toBeGreaterThan(10);
    expect(used.filter((name) => !offered.has(name))).toEqual([]);
  });

  it("have every name that the alerts use", () => {
    const used = metricsIn(read("alerts.yaml"));
    expect(used.length).toBeGreaterThan(5);
    expect(used.filter((name) => !offered.has(name))).toEqual([]);
  });

  it("say how much memory may be used and how many threads compute", async () => {
    const { body } = await app.call("GET", "/metrics");
    expect(String(body)).toMatch(/^anchorage_memory_bytes\{kind="limit"\} \d{7,}$/m);
    expect(String(body)).toMatch(/^anchorage_threads [1-9]\d*$/m);
  });
});

test.skipIf(!isInstalled("promtool"))("promtool accepts the alerts", () => {
  const checked = execFileSync("promtool", ["check", "rules", join(ROOT, "deploy/alerts.yaml")], {
    encoding: "utf8",
  });
  expect(checked).toContain("SUCCESS");
});

test.skipIf(!isInstalled("systemd-analyze"))("systemd finds no fault in the unit", () => {
  const { stderr } = spawnSync("systemd-analyze", ["verify", join(ROOT, "deploy/anchorage.service")], {
    encoding: "utf8",
  });
  const ours = stderr.split("\n").filter((line) => line.includes("anchorage.service"));
  expect(ours).toEqual([]);
});

describe("the Dockerfile", () => {
  const lines = read("Dockerfile").replaceAll("\\\n", " ").split("\n");
  const instructions = (name: string): string[] => lines.filter((line) => line.startsWith(`${name} `));

  it("copies into the image what the repository or its build makes", () => {
    const copied = instructions("COPY").flatMap((line) => /--from=build \/app\/(\S+)/.exec(line)?.[1] ?? []);
    expect(copied.length).toBeGreaterThan(5);
    const made = new Set(["dist", "web/dist"]);
    expect(copied.filter((path) => !made.has(path) && !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it("starts the service as another user than root, with a check of readiness and a volume", () => {
    expect(instructions("USER")).toEqual(["USER node"]);
    expect(instructions("VOLUME")).toEqual(["VOLUME /data"]);
    expect(instructions("STOPSIGNAL")).toEqual(["STOPSIGNAL SIGTERM"]);
    expect(instructions("CMD")).toEqual(['CMD ["node", "dist/main.js"]']);
    expect(instructions("HEALTHCHECK").join()).toContain("deploy/ready.mjs");
  });
});

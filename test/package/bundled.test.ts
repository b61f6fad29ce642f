import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { cleanEnvironment, run } from "./run.ts";

const APP = join(import.meta.dirname, "next-app");
const PAGE = join(import.meta.dirname, "../../docs/installing.md");
const NEXT = ["next@16", "react@19", "react-dom@19"];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "anchorage-bundled-"));
  await cp(APP, folder, { recursive: true });
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  // The settings as the documentation shows them.
  const [, settings = ""] = /```js\n(const folders[\s\S]*?)```/.exec(await readFile(PAGE, "utf8")) ?? [];
  await writeFile(join(folder, "next.config.mjs"), settings);
  const quick = ["--no-audit", "--no-fund"];
  await run("npm", ["install", ...quick, inject("tarballs").anchorage, ...NEXT], {
    cwd: folder,
    env: { ONNXRUNTIME_NODE_INSTALL: "skip" },
  });
});
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));

describe("a bundled application", () => {
  it("of Next.js, standalone, opens one Anchorage for all requests and decodes images", async () => {
    await run("npx", ["next", "build"], { cwd: folder, env: { NEXT_TELEMETRY_DISABLED: "1" } });
    const standalone = join(folder, "elsewhere");
    await rename(join(folder, ".next/standalone"), standalone);
    const port = "7391";
    const child = spawn(process.execPath, ["server.js"], {
      cwd: standalone,
      env: { ...cleanEnvironment(), PORT: port, HOSTNAME: "127.0.0.1", DATA_DIR: join(folder, "next data") },
      stdio: ["ignore", "ignore", "inherit"],
    });
    const exited = once(child, "exit");
    const answers: unknown[] = [];
    for (let tries = 0; answers.length < 2 && tries < 100; tries++) {
      const response = await fetch(`http://127.0.0.1:${port}/api/birds`).catch(() => null);
      if (response === null) await sleep(200);
      else answers.push(await response.json());
    }
    child.kill("SIGTERM");
    await exited;
    expect(answers).toEqual(Array(2).fill({ id: "owl", hasImage: true, same: true }));
  });

  it("laid out as Electron unpacks it runs Anchorage in a child process", async () => {
    const resources = join(folder, "Zoë 山田", "resources", "app.asar.unpacked");
    await mkdir(resources, { recursive: true });
    await rename(join(folder, "node_modules"), join(resources, "node_modules"));
    await writeFile(
      join(resources, "utility.mjs"),
      `import { openAnchorage } from "anchorage";
      process.once("message", async (dataDir) => {
        const anchorage = await openAnchorage({ dataDir });
        const collections = await anchorage.listCollections();
        await anchorage.close();
        process.send(collections.length, () => process.disconnect());
      });`,
    );
    const child = fork(join(resources, "utility.mjs"), { env: cleanEnvironment(), stdio: "inherit" });
    child.send(join(folder, "electron data"));
    const [count] = (await once(child, "message")) as [unknown];
    expect(count).toBe(0);
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});

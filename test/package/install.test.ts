import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createClient, type AnchorageClient } from "../../src/features/client.ts";
import { cleanEnvironment, run } from "./run.ts";

const MOST_INSTALLED_MB = 480;
/** From an empty folder to the first answer, with the registry near. */
const MOST_SECONDS = 90;
/** Of the sample, which grows in the background. */
const FIRST_ANCHORS = 64;
const BIN = "node_modules/.bin/anchorage";
const SUN = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><circle cx="10" cy="10" r="5" fill="gold"/>
<path d="M10 0v3M10 17v3M0 10h3M17 10h3M3 3l2 2M15 15l2 2M3 17l2-2M15 5l2-2" stroke="orange"/></svg>`;

let folder: string;
beforeAll(async () => {
  // As on a machine whose user has such a name.
  folder = join(await mkdtemp(join(tmpdir(), "anchorage-install-")), "Zoë 山田");
  await mkdir(folder);
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  await writeFile(join(folder, "sun.svg"), SUN);
});
afterAll(() => rm(join(folder, ".."), { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));

const command = (...args: readonly string[]) => run(BIN, args, { cwd: folder });

/** `anchorage serve` until it is ended. */
const serve = async (
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly url: string; readonly end: () => Promise<void> }> => {
  const child = spawn(BIN, ["serve"], {
    cwd: folder,
    env: { ...cleanEnvironment(), PORT: "0", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const exited = once(child, "exit");
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString();
        const [, found] = /listening on (http:\S+)/.exec(output) ?? [];
        if (found !== undefined) resolve(found);
      });
    void exited.then(() => reject(new Error(output)));
  });
  return {
    url,
    end: async () => {
      child.kill("SIGTERM");
      await exited;
    },
  };
};

describe("the package in an empty folder", () => {
  it("answers a first classification within 90 s of its installation, and takes at most 480 MB", async () => {
    const { anchorage, sample, encoders } = inject("tarballs");
    const started = performance.now();
    const told: string[] = [];
    const tell = (what: string): void =>
      void told.push(`${what} ${((performance.now() - started) / 1000).toFixed(1)} s`);
    const quick = ["--no-audit", "--no-fund"];
    await run("npm", ["install", ...quick, anchorage], {
      cwd: folder,
      env: { ONNXRUNTIME_NODE_INSTALL: "skip" },
    });
    tell("installed");
    const { stdout } = await run("du", ["-sm", "node_modules"], { cwd: folder });
    expect(Number.parseInt(stdout, 10)).toBeLessThanOrEqual(MOST_INSTALLED_MB);
    await command("encoders", "add", "default", "--from", encoders);
    await command("sample", "add", "--from", sample);
    tell("encoders and sample added");
    const service = await serve();
    tell("listening");
    const client = createClient({ url: service.url });
    while ((await countOf(client)) < FIRST_ANCHORS) await sleep(200);
    const classes = "sun,moon,tree,dog,car,pizza";
    const shown = await command("classify", "sun.svg", "--classes", classes, "--url", service.url);
    tell("classified");
    const seconds = (performance.now() - started) / 1000;
    const { results } = await client.collection("emoji").classify({
      images: [{ image: { base64: Buffer.from(SUN).toString("base64") } }],
      classes: classes.split(",").map((name) => ({ name })),
    });
    await service.end();
    process.stdout.write(`${stdout.trim()} MB; ${told.join(", ")}\n`);
    expect(shown.stdout).toMatch(/^sun\.svg\n {2}\S+ +-?\d/);
    expect(results[0]?.classes.map(({ name }) => name)).toContain("sun");
    expect(seconds).toBeLessThan(MOST_SECONDS);
  });

  it("opens in a program, and imports its client without anything of the server", async () => {
    const program = `
      import { openAnchorage } from "anchorage";
      import { createClient } from "anchorage/client";
      const anchorage = await openAnchorage({ dataDir: "./embedded" });
      const encoder = { external: { dimension: 2 } };
      await anchorage.createCollection({ name: "birds", imageEncoder: encoder, textEncoder: encoder });
      const birds = anchorage.collection("birds");
      await birds.putAnchors([{ id: "owl", text: "an owl", imageVector: [1, 0], textVector: [1, 0] }]);
      const { hits } = await birds.search({ query: { vector: [1, 0.1], modality: "text" }, target: "image" });
      await anchorage.close();
      console.log(hits[0].id, typeof createClient);
    `;
    await writeFile(join(folder, "program.mjs"), program);
    const { stdout } = await run(process.execPath, ["program.mjs"], { cwd: folder });
    expect(stdout).toBe("owl function\n");
  });

  it("says which commands install what is missing", async () => {
    const service = await serve({ DATA_DIR: "./bare", LOG_FORMAT: "text" });
    const refused = createClient({ url: service.url }).createCollection({ name: "pets" });
    await expect(refused).rejects.toThrow(/Run `anchorage encoders add default`/);
    await service.end();
  });
});

/** Number of anchors of the sample, 0 while there is no collection. */
const countOf = async (client: AnchorageClient): Promise<number> => {
  const collections = await client.listCollections();
  return collections.find(({ name }) => name === "emoji")?.anchorCount ?? 0;
};

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { npmScripts, runScript } from "../scripts/run-script.ts";

const coverage = z.object({ result: z.array(z.object({ url: z.string() })) });

/** What takes long to load: models, images, databases, servers. */
const HEAVY =
  /\/src\/(encoders|onnx|store|http|retrieval|asif)\/|onnxruntime|\/pino\/|\/sharp\/|\/pg\/|hnswlib/;

const commands = Object.entries(npmScripts).flatMap(([name, line]) =>
  line.endsWith(`scripts/anchorage.ts ${name}`) ? [name] : [],
);

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "anchorage-commands-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The files that a process loaded, by the coverage that V8 wrote. */
const loadedIn = async (directory: string): Promise<string[]> => {
  const reports = await Promise.all(
    (await readdir(directory)).map((file) => readFile(join(directory, file), "utf8")),
  );
  return reports.flatMap((report) => coverage.parse(JSON.parse(report)).result.map(({ url }) => url));
};

describe("the commands of a shell", () => {
  it.each(commands)("%s prints its help and loads nothing that is slow to load", async (name) => {
    const directory = join(folder, name);
    const { status, stdout } = await runScript(name, ["--help"], folder, { NODE_V8_COVERAGE: directory });
    expect(stdout.split("\n")[0]).toMatch(new RegExp(`^Usage: npm run ${name} -- `));
    expect(status).toBe(0);
    const loaded = await loadedIn(directory);
    expect(loaded.some((url) => url.includes("/src/command.ts"))).toBe(true);
    expect(loaded.filter((url) => HEAVY.test(url))).toEqual([]);
    if (name === "pull-encoder")
      expect(loaded.filter((url) => url.includes("/node_modules/zod/"))).toEqual([]);
  });

  it("include an evaluation of one's own data, without research", async () => {
    const help = await runScript("anchorage", ["evaluate", "--help"], folder);
    expect(help.stdout).toContain("--collection NAME");
    expect(help.stdout).not.toContain("emoji that");
    const { status, stderr } = await runScript("anchorage", ["evaluate"], folder);
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining("--collection or files of embeddings must be given"),
    ]);
  });

  it("are listed where none is named", async () => {
    const { status, stdout } = await runScript("anchorage", [], folder);
    for (const name of commands) expect(stdout).toContain(name);
    expect(status).toBe(0);
  });

  it("refuse a name that none of them has", async () => {
    const { status, stdout, stderr } = await runScript("anchorage", ["fly", "--high"], folder);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^anchorage: "fly" is no command; one of import, classify, /);
  });
});

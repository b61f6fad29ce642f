import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { commandsOf } from "../../src/cli/run-command.ts";
import { FEATURES } from "../../src/features/index.ts";
import { npmScripts, runScript } from "../scripts/run-script.ts";

const coverage = z.object({ result: z.array(z.object({ url: z.string() })) });

/** Commands whose stdout is a script, a stream of bytes or a protocol, and those that write no result there. */
const WITHOUT_JSON = new Set(["completion", "backup", "restore", "mcp"]);
/** What takes long to load: models, images, databases, servers. */
const HEAVY =
  /\/src\/(encoders|onnx|store|http|retrieval|asif)\/|onnxruntime|\/pino\/|\/sharp\/|\/pg\/|hnswlib/;

const table = commandsOf(FEATURES);
const names = Object.keys(table);

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

const anchorage = (name: string, args: readonly string[], environment: Record<string, string> = {}) =>
  runScript("anchorage", [...name.split(" "), ...args], folder, environment);

describe.each(names)("anchorage %s", (name) => {
  it("prints its help with an example, and loads nothing that is slow to load", async () => {
    const directory = join(folder, name);
    const { status, stdout } = await anchorage(name, ["--help"], { NODE_V8_COVERAGE: directory });
    expect(stdout.split("\n")[0]).toMatch(new RegExp(`^Usage: anchorage ${name}( |$)`));
    expect(stdout).toMatch(new RegExp(`^Examples:\n  anchorage ${name}`, "m"));
    expect(status).toBe(0);
    const loaded = await loadedIn(directory);
    expect(loaded.some((url) => url.includes("/src/command.ts"))).toBe(true);
    expect(loaded.filter((url) => HEAVY.test(url))).toEqual([]);
  });

  it("has the name of its table entry, and --json", async () => {
    const command = await table[name]?.load();
    expect(command?.name).toBe(name);
    expect(command?.hasJson ?? true).toBe(!WITHOUT_JSON.has(name));
  });
});

describe("anchorage", () => {
  it("evaluates one's own data without research", async () => {
    const help = await anchorage("evaluate", ["--help"]);
    expect(help.stdout).toContain("--collection NAME");
    expect(help.stdout).not.toContain("emoji that");
    const { status, stderr } = await anchorage("evaluate", []);
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining("--collection or files of embeddings must be given"),
    ]);
  });

  it.each([[[]], [["--help"]], [["help"]]])("lists its commands for %j", async (args) => {
    const { status, stdout } = await runScript("anchorage", args, folder);
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name}  `, "m"));
    expect(status).toBe(0);
  });

  it("prints the help of a command for help NAME", async () => {
    const { stdout } = await runScript("anchorage", ["help", "keys", "add"], folder);
    expect(stdout).toMatch(/^Usage: anchorage keys add /);
  });

  it("lists the commands of a group, and ends with 2 where none of them is named", async () => {
    const help = await runScript("anchorage", ["keys", "--help"], folder);
    expect(help.stdout).toMatch(/^ {2}keys add +create an API key$/m);
    expect(help.status).toBe(0);
    const bare = await runScript("anchorage", ["keys"], folder);
    expect([bare.status, bare.stdout, bare.stderr]).toEqual([2, "", help.stdout]);
  });

  it.each([
    [["clasify", "x.jpg"], 'there is no command "clasify"; did you mean "classify"?'],
    [["keys", "ad"], 'there is no command "keys ad"; did you mean "keys add"?'],
    [["fly", "--high"], 'there is no command "fly" (anchorage --help lists all)'],
  ])("refuses %j with the nearest command", async (args, message) => {
    const { status, stdout, stderr } = await runScript("anchorage", args, folder);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });

  it("refuses an unknown option with the nearest one, and ends with 2", async () => {
    const { status, stdout, stderr } = await anchorage("check", ["--colection", "x"]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toBe(
      "check: Unknown option '--colection'; did you mean --collection? (anchorage check --help shows how to use it)\n",
    );
  });

  it("runs commands by their earlier names", async () => {
    const { stdout } = await runScript("anchorage", ["pull-encoder", "--help"], folder);
    expect(stdout).toMatch(/^Usage: anchorage encoders pull /);
  });

  it("prints its version", async () => {
    const { stdout } = await runScript("anchorage", ["--version"], folder);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [["--url", "ftp://x"], "--url must be an address such as http://127.0.0.1:8080"],
    [["--url", "http://x", "--data-dir", "y"], "--url and --data-dir exclude each other"],
    [["--data-dir", ""], "--data-dir must not be empty"],
  ])("refuses common options %j", async (args, message) => {
    const { status, stderr } = await anchorage("check", ["--collection", "x", ...args]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it("creates nothing in a folder without data, and says what to do", async () => {
    const { status, stdout, stderr } = await anchorage("check", [
      "--collection",
      "x",
      "--data-dir",
      "nowhere",
    ]);
    expect([status, stdout]).toEqual([6, ""]);
    expect(stderr).toMatch(/^check: Nothing is stored in \/.*nowhere yet\. Start a service there/);
    expect(existsSync("nowhere")).toBe(false);
  });

  it("says where no service answers, and ends with 4", async () => {
    const { status, stderr } = await anchorage("check", ["--collection", "x"], {
      ANCHORAGE_URL: "http://127.0.0.1:1",
    });
    expect([status, stderr]).toEqual([4, "check: No Anchorage service answers at http://127.0.0.1:1.\n"]);
  });

  it("is what every npm script of a command runs", () => {
    const run = Object.values(npmScripts).flatMap(
      (line) => /scripts\/anchorage\.ts (.+)$/.exec(line)?.[1] ?? [],
    );
    expect(
      run.filter((name) => !names.includes(name) && !names.some((each) => each.startsWith(`${name} `))),
    ).toEqual([]);
  });
});

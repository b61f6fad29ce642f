import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BuiltManifest } from "../../src/retrieval/index.ts";
import { QUICK, writeEncoders } from "../features/importing/encoders.ts";
import { picture, writeFiles } from "../features/importing/support.ts";
import { runScript, startScript } from "./run-script.ts";

/** Of the table that is imported; row 40 has no caption. */
const ROWS = 100;
const WITHOUT_CAPTION = 40;
const COLOURS = { red: 0, green: 120, blue: 240 };

let root: string;
let dataDir: string;
let table: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "anchorage-scripts-"));
  dataDir = join(root, "data");
  table = join(root, "t.csv");
  await writeEncoders(join(dataDir, "encoders"));
  const names = Object.keys(COLOURS);
  const rows = Array.from({ length: ROWS }, (_, i) => {
    const colour = names[i % names.length] ?? "";
    return `${colour}.png,${i === WITHOUT_CAPTION ? "" : `a ${colour} square`},${i}`;
  });
  await writeFiles(root, { "t.csv": ["path,caption,number", ...rows, ""].join("\n") });
  for (const [name, hue] of Object.entries(COLOURS)) {
    await writeFiles(root, { [`${name}.png`]: await picture(hue) });
  }
  await writeFiles(root, { "broken.png": "no image" });
});

afterAll(() => rm(root, { recursive: true, force: true }));

const importTable = (...options: string[]) =>
  startScript("import", [table, "--collection", "squares", "--image-encoder", QUICK, ...options], dataDir);

describe("npm run import", () => {
  it("shows what it would import, without a collection or a DATA_DIR", async () => {
    const elsewhere = join(root, "elsewhere");
    const { status, stdout, stderr } = await runScript(
      "import",
      [root, "--collection", "pictures", "--dry-run", "--caption-from", "name"],
      elsewhere,
    );
    expect(stdout.split("\n")[0]).toMatch(/^\d+ files: 4 images; captions: 4 from file names/);
    expect(stdout.split("\n")[1]).toBe('{"id":"blue","text":"blue","metadata":{"number":2}}');
    expect(stdout).toMatch(/^would import 3 pairs, reject 1.*; nothing is stored$/m);
    expect([status, await readdir(root)]).toEqual([3, expect.not.arrayContaining(["elsewhere"])]);
    expect(stderr).toContain(`rejected ${join(root, "broken.png")}: is not an image that can be read`);
  });

  it("prints one JSON document with --json, and everything else on stderr", async () => {
    await writeFiles(root, { "one.csv": "path,caption\nred.png,a red square\n" });
    const given = [join(root, "one.csv"), "--collection", "red", "--json"];
    const preview = await runScript("import", [...given, "--dry-run"], dataDir);
    expect(JSON.parse(preview.stdout)).toMatchObject({ dryRun: true, pairs: 1, rejected: 0 });
    expect(preview.stderr).toMatch(/^1 row: /);
    const { stdout, stderr } = await runScript("import", [...given, "--image-encoder", QUICK], dataDir);
    expect(JSON.parse(stdout)).toMatchObject({ collection: "red", created: true, stored: 1, deleted: 0 });
    expect(stderr).toContain("1 stored, 0 were there already, 0 rejected");
  });

  it("tells a wrong use in one line, with status 2", async () => {
    const { status, stdout, stderr } = await runScript("import", [root, "--collection", "A B"], dataDir);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toBe(
      "import: --collection must be 1 to 63 of a-z, 0-9, _ and -, the first a letter or a digit " +
        "(anchorage import --help shows how to use it)\n",
    );
  });

  it.each([
    ["wrong.csv", "nr,words\na.png,a\n", /^import: .*wrong\.csv: no path column/],
    ["empty.csv", "", /^import: nothing was read: there is no image and no row in .*empty\.csv$/m],
  ])(
    "leaves no collection and no DATA_DIR behind where the source is %s",
    async (name, contents, message) => {
      await writeFiles(root, { [name]: contents });
      const { status, stderr } = await runScript(
        "import",
        [join(root, name), "--collection", "wrong"],
        join(root, "elsewhere"),
      );
      expect(status).toBe(1);
      expect(stderr).toMatch(message);
      expect(await readdir(root)).not.toContain("elsewhere");
    },
  );

  it("makes no collection for a source of which everything is rejected", async () => {
    await writeFiles(root, { "bare.csv": "path,caption\nred.png,\n" });
    const { status, stdout } = await runScript(
      "import",
      [join(root, "bare.csv"), "--collection", "bare", "--image-encoder", QUICK],
      dataDir,
    );
    expect([status, stdout]).toEqual([
      3,
      "1 row: 0 images; no caption; not used: bare.csv:2\n0 stored, 0 were there already, 1 rejected\n",
    ]);
    const { stderr } = await runScript("build-index", ["--collection", "bare"], dataDir);
    expect(stderr).toContain('There is no collection "bare"');
  });

  it("is stopped by Ctrl-C between batches, survives a kill -9, and goes on to the end", async () => {
    const interrupted = importTable();
    // The row without a caption is read while the first batch is encoded.
    await interrupted.says("rejected");
    interrupted.child.kill("SIGINT");
    const first = await interrupted.ended;
    expect(first.status).toBe(130);
    expect(first.stderr).toContain('collection "squares" was not there and is made');
    const [, stored] =
      /^stopped: (\d+) stored, 0 were there already, 1 rejected; the same/m.exec(first.stdout) ?? [];
    expect(["32", "64"]).toContain(stored);

    const killed = importTable();
    await killed.says("rejected");
    killed.child.kill("SIGKILL");
    await killed.ended;

    const rejects = join(root, "rejects.jsonl");
    const last = await importTable("--rejects", rejects).ended;
    expect(last.status).toBe(3);
    const [, added, present] =
      /^(\d+) stored, (\d+) were there already, 1 rejected$/m.exec(last.stdout) ?? [];
    expect(Number(present)).toBeGreaterThanOrEqual(Number(stored));
    expect(Number(added) + Number(present)).toBe(ROWS - 1);
    expect(JSON.parse(await readFile(rejects, "utf8"))).toEqual({
      source: `${table}:${WITHOUT_CAPTION + 2}`,
      id: "green",
      reason: "the caption is empty",
    });
  });
});

describe("npm run classify", () => {
  it("classifies files and folders, names what is no image, and explains", async () => {
    const { status, stdout, stderr } = await runScript(
      "classify",
      [
        join(root, "{red,broken,blue}.png"),
        join(root, "nowhere.png"),
        ...[
          "--collection",
          "squares",
          "--classes",
          "a red square, a blue square",
          "--explain",
          "2",
          "--json",
        ],
      ],
      dataDir,
    );
    expect(status).toBe(3);
    expect(stderr).toContain(`${join(root, "broken.png")}: is not an image that can be read`);
    expect(stderr).toContain(`${join(root, "nowhere.png")}: does not exist`);
    const results = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    expect(results).toMatchObject([
      { file: join(root, "blue.png"), classes: [{ name: "a blue square" }, { name: "a red square" }] },
      { file: join(root, "red.png"), classes: [{ name: "a red square" }, { name: "a blue square" }] },
    ]);
    expect(results[0]).toHaveProperty("explanation[1].contribution");
    expect(results[0]).toHaveProperty("explanation[0].text", "a blue square");
  });

  it("prints a table, and ends quietly when its reader has seen enough", async () => {
    const script = fileURLToPath(new URL("../../scripts/anchorage.ts", import.meta.url));
    const red = await picture(0);
    const many = Array.from({ length: 60 }, (_, i) => [`many/${i}.png`, red] as const);
    await writeFiles(root, Object.fromEntries(many));
    const { stdout, stderr } = await promisify(execFile)(
      "sh",
      [
        "-c",
        `"${process.execPath}" --import tsx "${script}" classify "${root}/many" --collection squares --classes "a red square,x" | head -n 2`,
      ],
      { env: { ...process.env, DATA_DIR: dataDir, PORT: "0" } },
    );
    expect(stdout.split("\n")[0]).toBe(join(root, "many", "0.png"));
    expect(stdout.split("\n")[1]).toMatch(/^ {2}a red square {2}\d\.\d{4} {2}█{24}$/);
    expect(stderr).not.toMatch(/EPIPE|at /);
  });
});

describe("npm run classify on a collection without anchors", () => {
  it("says so, and fails", async () => {
    await writeFiles(root, { "none.csv": "path,caption\nbroken.png,broken\n" });
    await runScript(
      "import",
      [join(root, "none.csv"), "--collection", "none", "--image-encoder", QUICK],
      dataDir,
    );
    const { status, stdout, stderr } = await runScript(
      "classify",
      [join(root, "red.png"), "--collection", "none", "--classes", "a,b"],
      dataDir,
    );
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain('classify: collection "none" has no anchors');
  });
});

describe("npm run build-index", () => {
  it("writes the partitions of both modalities and their fits with a JSON that says what they are", async () => {
    const { status, stdout } = await runScript("build-index", ["--collection", "squares"], dataDir);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^squares: 99 anchors at sequence \d+, profile default, in .*squares\nimage: \d+ dimensions, transform whiten:0\.7:auto, .*\ntext: \d+ dimensions, transform whiten:0\.5:auto, .*\ndone in [\d.]+ s\n$/,
    );
    const directory = join(dataDir, "indexes", "squares");
    const manifest = JSON.parse(await readFile(join(directory, "manifest.json"), "utf8")) as BuiltManifest;
    expect(manifest).toMatchObject({
      kind: "partitions",
      count: 99,
      modalities: { image: { transform: "whiten:0.7:auto" } },
    });
    expect(manifest.modalities.image.encoder).toEqual({
      id: QUICK,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      dimension: 192,
    });
    const { anchors, modalities } = manifest;
    const files = [anchors, ...[modalities.image, modalities.text].flatMap(({ lists, fit }) => [lists, fit])];
    for (const named of files) {
      const { file, sha256, bytes } = named ?? expect.unreachable();
      const contents = await readFile(join(directory, file));
      expect([createHash("sha256").update(contents).digest("hex"), contents.length]).toEqual([sha256, bytes]);
    }
  });

  it("tells a folder that cannot be one in one line, before it reads anything", async () => {
    const out = join(root, "t.csv");
    const { status, stderr } = await runScript(
      "build-index",
      ["--collection", "squares", "--out", out],
      dataDir,
    );
    expect(status).toBe(1);
    expect(stderr.trimEnd().split("\n").at(-1)).toBe(`build-index: ${out} is a file, and a folder is needed`);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it("tells a collection or a profile that is not there by its name", async () => {
    const { status, stderr } = await runScript(
      "build-index",
      ["--collection", "squares", "--profile", "nope"],
      dataDir,
    );
    expect([status, stderr]).toEqual([1, "build-index: indexes/nope.json: there is no such file\n"]);
  });
});

describe("npm run tune-index", () => {
  it("prints how much the graphs find and in what time, and writes it where the service reads it", async () => {
    const { status, stdout } = await runScript("tune-index", ["--collection", "squares"], dataDir);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^image\/whiten:0\.7:auto: 99 vectors of \d+ dimensions$/m);
    expect(stdout).toMatch(/^ {3}10 {4}16 [01]\.\d{4} 0\.\d{4} +\d+\.\d{3}/m);
    const file = join(dataDir, "indexes", "squares.recall.json");
    const { curves } = JSON.parse(await readFile(file, "utf8")) as { curves: Record<string, object> };
    expect(curves).toMatchObject({
      "image/whiten:0.7:auto": { anchors: 99 },
      "text/whiten:0.5:auto": { anchors: 99 },
    });
  });
});

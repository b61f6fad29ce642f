import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { formOf, options, schema } from "../../research/bin/evaluate-options.ts";
import { readArguments } from "../../src/cli/cli.ts";
import { float32, int64 } from "../support/npy-bytes.ts";
import { folderOf } from "../features/importing/support.ts";
import { temporaryDirectory } from "../support/postgres.ts";
import { runScript } from "../scripts/run-script.ts";

/** Sixty anchors around three axes, and three classes along them. */
const around = (axis: number, i: number): number[] =>
  [0, 1, 2].map((j) => (j === axis ? 1 : 0.01 * ((i + j) % 7)));
const rows = (count: number): number[] => Array.from({ length: count }, (_, i) => around(i % 3, i)).flat();
const FILES = {
  "A.npy": float32([60, 3], rows(60)),
  "T.npy": float32([60, 3], rows(60)),
  "I.npy": float32([6, 3], rows(6)),
  "L.npy": int64([6], [0, 1, 2, 0, 1, 2]),
  "P.npy": float32([3, 3], rows(3)),
};

let run: (...more: readonly string[]) => ReturnType<typeof runScript>;
let dataDir: string;
let out: string;
let embeddings: string[];

beforeAll(async () => {
  const folder = await folderOf(FILES);
  dataDir = await temporaryDirectory();
  out = join(dataDir, "out");
  embeddings = [
    ["--anchors-images", "A.npy"],
    ["--anchors-texts", "T.npy"],
    ["--images", "I.npy"],
    ["--labels", "L.npy"],
    ["--texts", "P.npy"],
  ].flatMap(([option = "", name = ""]) => [option, join(folder, name)]);
  run = (...more) => runScript("evaluate", [...more, "--out", out], dataDir);
});

describe("npm run evaluate on given embeddings", () => {
  it("prints a table and writes the curve, the heat map and the numbers, without a collection", async () => {
    const { status, stdout } = await run(
      ...embeddings,
      "--seeds",
      "2",
      "--heat-map",
      "--method",
      "asif",
      "--method",
      "csa",
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^6 images of 3 classes, 1 prompts each, 2 draws of anchors; k = 800, p = 8, transform none/m,
    );
    expect(stdout).toMatch(/^asif +60 +100\.0/m);
    expect(stdout).toMatch(/^Points ahead of asif, .*\n.*\ncsa +\+0\.0 \(\+0\.0 to \+0\.0\)/m);
    expect((await readdir(out)).sort()).toEqual(["heat-map.svg", "report.json", "scaling.svg"]);
    const report = JSON.parse(await readFile(join(out, "report.json"), "utf8")) as Record<string, unknown>;
    expect(Object.keys(report).sort()).toEqual([
      "about",
      "comparisons",
      "grid",
      "rows",
      "series",
      "settings",
      "title",
    ]);
  });

  it("compares a method of one's own with those of the core on the same questions", async () => {
    const { status, stdout } = await runScript(
      "evaluate",
      [...embeddings, "--seeds", "2", "--method", "asif", "--method", "plug:pairs", "--out", out],
      dataDir,
      { CLASSIFICATION_METHODS: `pairs=${join(process.cwd(), "examples/methods/nearest-pair.mjs")}` },
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/^plug:pairs +60 +100\.0/m);
    expect(stdout).toMatch(/^Points ahead of asif, .*\n.*\nplug:pairs +\+0\.0 \(\+0\.0 to \+0\.0\)/m);
  });

  it("rejects a method that is not plugged in", async () => {
    const { status, stderr } = await run(...embeddings, "--method", "plug:pairs");
    expect([status, stderr]).toEqual([1, expect.stringContaining('there is no "plug:pairs"')]);
  });

  it("tells which file does not fit", async () => {
    const wrong = embeddings.map((value) => value.replace("T.npy", "I.npy"));
    const { status, stderr } = await run(...wrong);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^evaluate: .*I\.npy \(6 x 3\) and .*A\.npy \(60 x 3\) must have as many rows: one a pair$/m,
    );
  });
});

describe("what goes with what", () => {
  it.each([
    [["--images", "I.npy"], "--anchors-images is required beside the others"],
    [["--folder", "photos"], "--folder needs --collection"],
    [["--templates", "pets"], "--templates needs --folder"],
    [["--collection", "c", "--folder", "f", "--by", "x"], "--by needs --collection, without --folder"],
    [["--collection", "c", "--tune"], "--tune is for the emoji alone"],
    [["--p", "0"], "--p must be above 0"],
    [["--method", "clip"], "--method must be one of asif, csa"],
    [["--transform", "pca"], "--transform must be one of none, center, whiten, auto"],
  ])("%j is refused in one line", (given, fault) => {
    expect(readArguments({ options, schema }, given)).toEqual({
      fault: expect.stringContaining(fault) as string,
    });
  });

  it("is clear where nothing is given: the emoji", () => {
    const read = readArguments({ options, schema }, []);
    expect("value" in read && formOf(read.value)).toBe("emoji");
  });
});

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compile } from "../../scripts/compile.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "anchorage-compile-"));
  await mkdir(join(folder, "src/deep"), { recursive: true });
  await write("deep/number.ts", "export const one: number = 1;\n");
  await write("two.ts", 'import { one } from "./deep/number.ts";\nexport const two = one + one;\n');
  await write("plain.mjs", "export const plain = true;\n");
  await writeFile(join(folder, "package.json"), '{"type": "module"}');
});
afterEach(() => rm(folder, { recursive: true }));

const write = (path: string, text: string): Promise<void> => writeFile(join(folder, "src", path), text);
const run = () => compile({ from: join(folder, "src"), to: join(folder, "dist") });

describe("the compiler of dist", () => {
  it("writes modules that Node runs without a loader, each with a source map that names its source", async () => {
    expect(await run()).toMatchObject({ written: 3, kept: 0 });
    const printed = `console.log((await import(${JSON.stringify(join(folder, "dist/two.js"))})).two)`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", printed]);
    expect(stdout).toBe("2\n");
    const map = JSON.parse(await readFile(join(folder, "dist/deep/number.js.map"), "utf8")) as unknown;
    expect(map).toMatchObject({ sources: ["../../src/deep/number.ts"] });
    expect(await readFile(join(folder, "dist/plain.mjs"), "utf8")).toBe("export const plain = true;\n");
  });

  it("compiles only files whose modification time changed, to older ones too", async () => {
    await run();
    expect(await run()).toMatchObject({ written: 0, kept: 3 });
    await write("two.ts", "export const two = 2;\n");
    await utimes(join(folder, "src/two.ts"), 1_000, 1_000);
    expect(await run()).toMatchObject({ written: 1, kept: 2 });
    expect(await readFile(join(folder, "dist/two.js"), "utf8")).toMatch(/^export const two = 2;/);
  });

  it("removes the files of a source that is gone", async () => {
    await run();
    await rm(join(folder, "src/plain.mjs"));
    await rm(join(folder, "src/two.ts"));
    await run();
    expect((await readdir(join(folder, "dist"))).sort()).toEqual([".settings", "deep"]);
  });
});

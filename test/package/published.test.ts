import { readFile } from "node:fs/promises";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { describe, expect, inject, it } from "vitest";
import { run } from "./run.ts";

/** Resolutions of programs that cannot import ES modules. */
const OTHER_MODULES: ReadonlySet<string> = new Set(["node10", "node16-cjs"]);
const OWN_BYTES = 10_000_000;

describe("the tarball of the package", () => {
  it("has no fault that publint knows", async () => {
    const file = await readFile(inject("tarballs").anchorage);
    const tarball = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
    const { messages } = await publint({ pack: { tarball }, strict: true });
    expect(messages).toEqual([]);
  });

  it("has types that every resolution of ES modules finds", async () => {
    const data = createPackageFromTarballData(await readFile(inject("tarballs").anchorage));
    const result = await checkPackage(data);
    if (result.types === false) return expect.unreachable("there are no types");
    const problems = result.problems.filter(
      (problem) => !("resolutionKind" in problem && OTHER_MODULES.has(problem.resolutionKind)),
    );
    expect(problems).toEqual([]);
  });

  it("unpacks to under 10 MB of compiled code, types, migrations and the page, and holds nothing else", async () => {
    const { stdout } = await run("tar", ["-tvzf", inject("tarballs").anchorage], { cwd: "/" });
    const entries = stdout
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/\s+/));
    const bytes = entries.reduce((sum, [, , size = "0"]) => sum + Number(size), 0);
    expect(bytes).toBeLessThan(OWN_BYTES);
    const tops = new Set(entries.map(([, , , , , path = ""]) => path.split("/").slice(1, 2).join("")));
    expect([...tops].sort()).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "dist",
      "indexes",
      "migrations",
      "package.json",
      "web",
    ]);
  });
});

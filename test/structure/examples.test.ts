import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { comparing, faultsOf, moduleOf, readExamples } from "./examples.ts";

describe("the examples in comments of src", () => {
  let read: Awaited<ReturnType<typeof readExamples>>;
  let folder = "";

  beforeAll(async () => {
    read = await readExamples();
    folder = await mkdtemp(join(tmpdir(), "anchorage-examples-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("compile", { timeout: 300_000 }, () => {
    const modules = read.examples.map((example, i): [string, string] => [
      `${example.file}.${i}.example.ts`,
      moduleOf(example, read.exporters).text,
    ]);
    const places = new Map(modules.map(([name], i) => [name, read.examples[i]?.at ?? name]));
    const faults = faultsOf(new Map(modules)).map((fault) => {
      const [name = "", ...rest] = fault.split(": ");
      return [places.get(name) ?? name, ...rest].join(": ");
    });

    expect(modules.length).toBeGreaterThan(100);
    expect(faults).toEqual([]);
  });

  it("give the values that they promise", { timeout: 300_000 }, async () => {
    const bodies = read.examples.flatMap((example) => {
      const body = comparing(example.code);
      if (body === undefined) return [];
      const { text, isSelfContained } = moduleOf(example, read.exporters, body);
      return isSelfContained ? [{ at: example.at, text }] : [];
    });
    const runs = bodies.map(({ at, text }, i) => {
      const compare = `const compare = (found, promised) => report(${JSON.stringify(at)}, found, promised);`;
      return {
        file: `example-${i}.mts`,
        text: `import { report } from "./report.mts";\n${compare}\n${text}`,
      };
    });
    await Promise.all(runs.map(({ file, text }) => writeFile(join(folder, file), text)));
    await writeFile(join(folder, "report.mts"), REPORT);
    await writeFile(join(folder, "all.mts"), runs.map(({ file }) => `await import("./${file}");`).join("\n"));
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...["--import", import.meta.resolve("tsx/esm"), join(folder, "all.mts")],
    ]);
    const compared = stdout.trim().split("\n");

    expect(compared.length).toBeGreaterThan(30);
    expect(compared.filter((line) => !line.endsWith(": as promised"))).toEqual([]);
  });
});

/** Numbers may differ by half of the last decimal that is promised; of an object the promised fields are compared. */
const REPORT = `
const isNear = (found, promised) => {
  if (typeof promised === "number") {
    const decimals = String(promised).split(".")[1]?.length ?? 0;
    return Math.abs(found - promised) <= (decimals === 0 ? 1e-9 : 0.5 * 10 ** -decimals);
  }
  if (Array.isArray(promised))
    return found?.length === promised.length && promised.every((own, i) => isNear(found[i], own));
  if (typeof promised === "object" && promised !== null)
    return Object.entries(promised).every(([key, own]) => isNear(found?.[key], own));
  return found === promised;
};
export const report = (at, found, promised) => {
  const plain = ArrayBuffer.isView(found) ? Array.from(found) : found;
  console.log(at + ": " + (isNear(found, promised) ? "as promised" : JSON.stringify(plain)));
};
`;

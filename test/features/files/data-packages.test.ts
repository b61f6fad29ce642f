import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  addDataPackage,
  dataFolder,
  missingData,
  type DataPackage,
} from "../../../src/features/files/data-packages/index.ts";

const BIRDS: DataPackage = {
  name: "test-birds",
  what: "The sample of birds",
  command: "anchorage birds add",
};
const MISSING =
  "The sample of birds is not installed: run `anchorage birds add`, or `npm install test-birds` in the project.";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "anchorage-data-package-"));
  await mkdir(join(folder, "birds/data/calls"), { recursive: true });
  await writeFile(join(folder, "birds/package.json"), '{"name": "test-birds", "version": "1.0.0"}');
  await writeFile(join(folder, "birds/data/calls/owl.txt"), "hoo");
});
afterAll(() => rm(folder, { recursive: true }));

describe("a data package", () => {
  it("that is missing is named with the command that installs it", () => {
    const dataDir = join(folder, "empty");
    expect(missingData(BIRDS, dataDir, "calls")).toBe(MISSING);
    expect(() => dataFolder(BIRDS, dataDir, "calls")).toThrow(
      expect.objectContaining({ code: "unavailable", message: MISSING }),
    );
  });

  it("is installed into DATA_DIR and found there", async () => {
    const dataDir = join(folder, "data dir");
    await addDataPackage(BIRDS, { dataDir, from: join(folder, "birds") });
    expect(missingData(BIRDS, dataDir, "calls")).toBeNull();
    const calls = dataFolder(BIRDS, dataDir, "calls");
    expect(await readFile(join(calls, "owl.txt"), "utf8")).toBe("hoo");
  });

  it("of another name than what npm installed is refused", async () => {
    const other: DataPackage = { ...BIRDS, name: "test-fish" };
    const adding = addDataPackage(other, { dataDir: join(folder, "fish"), from: join(folder, "birds") });
    await expect(adding).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/^npm installed .*birds, which is not test-fish\./) as string,
    });
  });

  it("that npm cannot install is refused with what npm wrote", async () => {
    const adding = addDataPackage(BIRDS, { dataDir: join(folder, "none"), from: join(folder, "none.tgz") });
    await expect(adding).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("ENOENT") as string,
    });
  });
});

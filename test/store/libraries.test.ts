import { mkdir, mkdtemp, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { linkLibraries } from "../../src/store/embedded/binaries.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "anchorage-libraries-"));
  await mkdir(join(folder, "native/lib"), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

describe("the libraries of the embedded Postgres", () => {
  it("are linked where npm ran no install script, and again without an error", async () => {
    await writeFile(join(folder, "native/lib/libpq.so.5.18"), "library");
    const links = [{ source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5" }];
    await writeFile(join(folder, "native/pg-symlinks.json"), JSON.stringify(links));
    await linkLibraries(join(folder, "native"));
    await linkLibraries(join(folder, "native"));
    const link = join(folder, "native/lib/libpq.so.5");
    expect([await readFile(link, "utf8"), await readlink(link)]).toEqual(["library", "libpq.so.5.18"]);
  });

  it("need no links where the package names none", async () => {
    await expect(linkLibraries(join(folder, "other"))).resolves.toBeUndefined();
  });
});

import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openAnchorage } from "../src/index.ts";
import { makeDataDir, type DataDir } from "./service/running.ts";
import { findBinaries } from "../src/store/embedded/binaries.ts";
import { dirname } from "node:path";

let dataDir: DataDir;
let links: string;
beforeAll(async () => {
  dataDir = await makeDataDir();
  links = await mkdtemp(join(tmpdir(), "anchorage-links-"));
});
afterAll(async () => {
  await rm(links, { recursive: true });
  await dataDir.remove();
});

describe("openAnchorage", () => {
  it("answers with one object for one DATA_DIR, by whatever path and copy of the module, until it is closed", async () => {
    const link = join(links, "link");
    await symlink(dataDir.path, link, "junction");
    const reloaded = (await import(new URL("../src/index.ts?reloaded", import.meta.url).href)) as {
      openAnchorage: typeof openAnchorage;
    };
    const [first, second] = await Promise.all([
      openAnchorage({ dataDir: dataDir.path }),
      reloaded.openAnchorage({ dataDir: link }),
    ]);
    expect(reloaded.openAnchorage).not.toBe(openAnchorage);
    expect(second).toBe(first);
    const closing = first.close();
    const again = await openAnchorage({ dataDir: dataDir.path });
    await closing;
    expect(again).not.toBe(first);
    expect(await again.listCollections()).toEqual([]);
    await first.close();
    expect(await again.listCollections()).toEqual([]);
    await again.close();
  });

  it("refuses other options for a DATA_DIR that is open", async () => {
    const open = await openAnchorage({ dataDir: dataDir.path });
    await expect(openAnchorage({ dataDir: dataDir.path, sample: true })).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringMatching(/is open in this process with other options\.$/) as string,
    });
    await open.close();
  });

  it("runs the Postgres programs of a given folder", async () => {
    const bin = dirname((await findBinaries()).postgres);
    const open = await openAnchorage({ dataDir: dataDir.path, postgres: { bin } });
    expect(await open.listCollections()).toEqual([]);
    await open.close();
    await expect(openAnchorage({ dataDir: dataDir.path, postgres: { bin: links } })).rejects.toMatchObject({
      code: "unavailable",
      message: `${join(links, "postgres")} is no program that can be run.`,
    });
  });
});

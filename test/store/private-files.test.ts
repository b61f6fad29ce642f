import { chmod, mkdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { closeToOthers, openStore } from "../../src/store/index.ts";
import { collectingLog, silentLog } from "../support/log.ts";
import { freshDatabase, temporaryDirectory } from "../support/postgres.ts";

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o7777).toString(8);

/** A folder as an older version or another umask leaves it. */
const openFolder = async (): Promise<string> => {
  const dataDir = await temporaryDirectory();
  await mkdir(join(dataDir, "indexes/1"), { recursive: true });
  await mkdir(join(dataDir, "postgres"));
  await writeFile(join(dataDir, "indexes/1/7.snapshot"), "captions");
  await writeFile(join(dataDir, "installation.id"), "id");
  for (const path of ["indexes", "indexes/1", "postgres"]) await chmod(join(dataDir, path), 0o777);
  for (const path of ["indexes/1/7.snapshot", "installation.id"]) await chmod(join(dataDir, path), 0o666);
  await chmod(dataDir, 0o755);
  return dataDir;
};

describe.skipIf(process.platform === "win32")("a data directory", () => {
  test("is closed to other users with all that it contains", async () => {
    const dataDir = await openFolder();
    await closeToOthers(dataDir, silentLog);
    const modes = await Promise.all(
      ["", "indexes", "indexes/1", "indexes/1/7.snapshot", "installation.id"].map((path) =>
        modeOf(join(dataDir, path)),
      ),
    );
    expect(modes).toEqual(["700", "700", "700", "600", "600"]);
  });

  test("leaves PostgreSQL's own folder and the targets of links alone", async () => {
    const dataDir = await openFolder();
    const elsewhere = await temporaryDirectory();
    await writeFile(join(elsewhere, "shared"), "");
    await chmod(join(elsewhere, "shared"), 0o644);
    await symlink(elsewhere, join(dataDir, "encoders"));
    await symlink(join(elsewhere, "shared"), join(dataDir, "link"));
    await closeToOthers(dataDir, silentLog);
    expect(await modeOf(join(elsewhere, "shared"))).toBe("644");
    expect(await modeOf(join(dataDir, "postgres"))).toBe("777");
  });

  test("that serves more than Anchorage keeps its mode, with a warning", async () => {
    const dataDir = await openFolder();
    await chmod(dataDir, 0o1777);
    const lines: string[] = [];
    await closeToOthers(dataDir, collectingLog(lines));
    expect(await modeOf(dataDir)).toBe("1777");
    expect(lines.join()).toContain("serves more than Anchorage");
  });

  test("is made for its own user whatever the umask", async () => {
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    const dataDir = join(await temporaryDirectory(), "data");
    const { url } = await freshDatabase();
    const store = await openStore({ dataDir, databaseUrl: url, log: silentLog });
    await store.close();
    expect([await modeOf(dataDir), await modeOf(join(dataDir, "installation.id"))]).toEqual(["700", "600"]);
  });
});

import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { lockDataDir } from "../../src/store/index.ts";
import { temporaryDirectory } from "../support/postgres.ts";
import { startChild } from "./children/start.ts";

describe("the lock of a data directory", () => {
  test("tells a second process which one holds it and what to do", async () => {
    const dataDir = await temporaryDirectory();
    const holder = startChild("holder", dataDir);
    await holder.until((lines) => lines.includes("held"));
    await expect(lockDataDir(dataDir)).rejects.toMatchObject({
      code: "data-dir-busy",
      message: `${dataDir} is in use by process ${holder.process.pid ?? 0}. Stop that process, or set DATA_DIR to another directory.`,
    });
  });

  test("is free again when its holder was killed", async () => {
    const dataDir = await temporaryDirectory();
    const holder = startChild("holder", dataDir);
    await holder.until((lines) => lines.includes("held"));
    await holder.kill();
    const lock = await lockDataDir(dataDir);
    await lock.release();
  });

  test("is free again when it was released", async () => {
    const dataDir = await temporaryDirectory();
    const lock = await lockDataDir(dataDir);
    await expect(lockDataDir(dataDir)).rejects.toMatchObject({ code: "data-dir-busy" });
    await lock.release();
    await (await lockDataDir(dataDir)).release();
    expect(await readdir(dataDir)).toHaveLength(1);
  });

  test("is not held by a process that got a dead holder's number", async () => {
    const dataDir = await temporaryDirectory();
    const first = await lockDataDir(dataDir);
    const [name = ""] = await readdir(dataDir);
    const file = join(dataDir, name);
    const owner = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
    await first.release();
    await writeFile(file, JSON.stringify({ ...owner, start: "long before" }));
    await (await lockDataDir(dataDir)).release();
  });

  test("is taken over from a file that a power loss left empty", async () => {
    const dataDir = await temporaryDirectory();
    await writeFile(join(dataDir, "anchorage.lock.4"), "");
    await (await lockDataDir(dataDir)).release();
  });

  test("has one holder when many ask at once for what a dead one left", async () => {
    const dataDir = await temporaryDirectory();
    await writeFile(join(dataDir, "anchorage.lock.1"), '{"pid": 1, "start": "of another boot"}');
    for (let round = 0; round < 20; round++) {
      const asked = await Promise.allSettled(Array.from({ length: 10 }, () => lockDataDir(dataDir)));
      const held = asked.filter((answer) => answer.status === "fulfilled");
      expect(held).toHaveLength(1);
      for (const { value } of held) await value.release();
    }
  });
});

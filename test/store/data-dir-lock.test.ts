import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { lockDataDir } from "../../src/store/index.ts";
import { temporaryDirectory } from "../support/postgres.ts";
import { startOf } from "../../src/store/processes.ts";
import { canUnshare, inAnotherContainer, startChild } from "./children/start.ts";

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
    await writeFile(
      join(dataDir, "anchorage.lock.3"),
      JSON.stringify({ pid: process.pid, start: "long before" }),
    );
    await (await lockDataDir(dataDir)).release();
  });

  test("is held by a running process of version 0.1, whose note is all that there is", async () => {
    const dataDir = await temporaryDirectory();
    const note = { pid: process.pid, start: await startOf(process.pid) };
    await writeFile(join(dataDir, "anchorage.lock.2"), JSON.stringify(note));
    await expect(lockDataDir(dataDir)).rejects.toMatchObject({ code: "data-dir-busy" });
  });

  test("leaves a note that keeps a process of version 0.1 out", async () => {
    const dataDir = await temporaryDirectory();
    await writeFile(join(dataDir, "anchorage.lock.7"), "{}");
    const lock = await lockDataDir(dataDir);
    const notes = (await readdir(dataDir)).filter((name) => name.startsWith("anchorage.lock."));
    expect(notes).toEqual(["anchorage.lock.7"]);
    expect(JSON.parse(await readFile(join(dataDir, "anchorage.lock.7"), "utf8"))).toMatchObject({
      pid: process.pid,
      start: await startOf(process.pid),
    });
    await lock.release();
  });

  test.runIf(canUnshare)("is held against a process of another container", async () => {
    const dataDir = await temporaryDirectory();
    const holder = startChild("holder", dataDir, inAnotherContainer);
    await holder.until((lines) => lines.includes("held"));
    await expect(lockDataDir(dataDir)).rejects.toMatchObject({
      code: "data-dir-busy",
      message: expect.stringContaining("is in use by a process of another container") as string,
    });
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

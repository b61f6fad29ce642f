import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import type { AnchorId } from "../../src/types.ts";
import { freshDatabase } from "../support/postgres.ts";
import { BIRDS, bird, createBirds, found, openPeer } from "./processes.ts";

const run = promisify(execFile);
/** Enough for snapshots; each fills more than half of the disk. */
const ANCHORS = 1_000;
const CAPTION = "a long caption ".repeat(20);
const SMALL = "512k";
const LARGE = "4m";

const mount = async (path: string, size: string, how = ""): Promise<void> => {
  await run("mount", ["-t", "tmpfs", "-o", `${how}size=${size}`, "tmpfs", path]);
};

/** A disk of its own is for root to make, and not in every container. */
const canMount = async (): Promise<boolean> => {
  if (process.getuid?.() !== 0) return false;
  const path = await mkdtemp(join(tmpdir(), "anchorage-disk-"));
  const mounted = await mount(path, SMALL).then(
    () => true,
    () => false,
  );
  if (mounted) await run("umount", [path]);
  await rm(path, { recursive: true });
  return mounted;
};

const smallDisk = async (): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), "anchorage-disk-"));
  await mount(path, SMALL);
  onTestFinished(async () => {
    await run("umount", [path]);
    await rm(path, { recursive: true });
  });
  return path;
};

const snapshotsOn = async (disk: string): Promise<string[]> =>
  (await readdir(disk, { recursive: true })).filter((name) => name.includes(".snapshot"));

describe.skipIf(!(await canMount()))("a disk that is full while a snapshot is written", () => {
  test("keeps the snapshot before it, and no more than that; the next one with room erases", async () => {
    const disk = await smallDisk();
    const database = await freshDatabase();
    const first = await openPeer(database, disk);
    await createBirds(first);
    const birds = Array.from({ length: ANCHORS }, (_, i) => ({ ...bird(`b${i}`, i), text: CAPTION }));
    await first.collections.putAnchors(BIRDS, birds);
    await first.stop();
    const [before] = await snapshotsOn(disk);
    expect(before).toMatch(/1\.snapshot$/);

    const second = await openPeer(database, disk);
    await second.collections.putAnchors(BIRDS, [bird("new"), bird("newer")]);
    const { receipt } = await second.collections.deleteAnchors(BIRDS, { ids: ["b7"] as AnchorId[] });
    await expect(second.collections.compact(BIRDS)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("ENOSPC") as string,
    });
    expect(await snapshotsOn(disk)).toEqual([before]);
    const shown = (): Promise<unknown> => second.collections.getReceipt(BIRDS, receipt.id ?? "");
    expect(await shown()).toMatchObject({ state: "hidden" });
    await second.collections.putAnchors(BIRDS, [bird("newest")]);
    await second.stop();
    expect(second.logged.join("\n")).toMatch(/no snapshot was written: .*ENOSPC/);
    expect(await snapshotsOn(disk)).toEqual([before]);

    const third = await openPeer(database, disk);
    const ids = await found(third);
    expect(third.logged.join("\n")).toContain("loaded from a snapshot");
    expect(await third.collections.get(BIRDS)).toMatchObject({ anchorCount: ANCHORS + 2, sequence: 4 });
    expect(ids).toHaveLength(1_000);
    expect(ids).not.toContain("b7");

    await mount(disk, LARGE, "remount,");
    await third.collections.compact(BIRDS);
    expect(await third.collections.getReceipt(BIRDS, receipt.id ?? "")).toMatchObject({ state: "erased" });
    expect(await snapshotsOn(disk)).toEqual([before?.replace("1.snapshot", "4.snapshot")]);
  });
});

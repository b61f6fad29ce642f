import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createClient } from "../../src/features/client.ts";
import { ask, type Request } from "./asking.ts";
import { outcomeOf, startService } from "./running.ts";

const PATH = "/v1/collections/pairs";
const SEARCH: Request = {
  method: "POST",
  path: `${PATH}/search`,
  body: { query: { vector: [1, 2, 3], modality: "image" }, target: "image" },
};
const put = (id: string): Request => ({
  method: "PUT",
  path: `${PATH}/anchors`,
  body: { anchors: [{ id, imageVector: [1, 2, 3], textVector: [1, 1] }] },
});

/** A small disk; null where this user may not mount one. */
const smallDisk = async (): Promise<string | null> => {
  const path = await mkdtemp(join(tmpdir(), "anchorage-small-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=400m", "tmpfs", path]).status === 0;
  onTestFinished(async () => {
    if (mounted) spawnSync("umount", ["-l", path]);
    await rm(path, { recursive: true, force: true });
  });
  return mounted ? path : null;
};

const fill = (path: string, name = "filler"): void => {
  spawnSync("dd", ["if=/dev/zero", `of=${join(path, name)}`, "bs=64k"]);
};
const makeRoom = async (path: string): Promise<void> => {
  for (const name of ["filler", "more"]) await rm(join(path, name), { force: true });
};

describe.runIf(process.platform === "linux")("a service whose disk is full", () => {
  it("goes on searching, refuses writes in clear words, gives up its reserve for deletions and a start, and needs no restart", async (context) => {
    const disk = await smallDisk();
    if (disk === null) return context.skip("mounting a small disk needs root");
    const dataDir = join(disk, "data");
    const service = await startService(dataDir);
    onTestFinished(async () => {
      await service.end("SIGKILL");
    });
    const { url } = service;
    await createClient({ url }).createCollection({
      name: "pairs",
      imageEncoder: { external: { dimension: 3 } },
      textEncoder: { external: { dimension: 2 } },
    });
    const pairs = createClient({ url }).collection("pairs");
    expect(await ask(url, put("before"))).toMatchObject({ status: 200 });
    expect(await ask(url, put("kept"))).toMatchObject({ status: 200 });
    fill(disk);
    for (let i = 0; i < 50; i++) {
      expect(await ask(url, put(`refused-${i}`))).toMatchObject({ status: 503, retryAfter: "2" });
      expect(await ask(url, SEARCH)).toMatchObject({ status: 200 });
    }
    expect(await pairs.deleteAnchor("before")).toMatchObject({ deleted: 1 });
    fill(disk, "more");
    await expect(pairs.deleteAnchor("kept")).rejects.toThrow("The disk is full");
    expect(await ask(url, SEARCH)).toMatchObject({ status: 200 });
    await makeRoom(disk);
    expect(await ask(url, put("after"))).toMatchObject({ status: 200 });
    expect(service.output()).not.toMatch(/ended by itself|defect/);
    expect(await service.end("SIGTERM")).toBe(0);

    fill(disk);
    const searching = await startService(dataDir);
    onTestFinished(async () => {
      await searching.end("SIGKILL");
    });
    expect(searching.output()).toContain("The disk is full");
    await vi.waitFor(async () => expect(await ask(searching.url, SEARCH)).toMatchObject({ status: 200 }));
    expect(await ask(searching.url, put("refused"))).toMatchObject({ status: 503 });
    expect(await searching.end("SIGTERM")).toBe(0);

    fill(disk, "more");
    const { status, stderr } = await outcomeOf(dataDir);
    expect([status, stderr]).toEqual([1, expect.stringContaining("The disk is full")]);
    expect(stderr).not.toMatch(/corrupt/);
    await makeRoom(disk);
    const again = await startService(dataDir);
    onTestFinished(async () => {
      await again.end("SIGKILL");
    });
    await vi.waitFor(async () => expect(await ask(again.url, SEARCH)).toMatchObject({ status: 200 }));
    expect((await createClient({ url: again.url }).collection("pairs").get()).anchorCount).toBe(2);
  });
});

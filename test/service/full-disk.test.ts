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

const fill = (path: string): void => {
  spawnSync("dd", ["if=/dev/zero", `of=${join(path, "filler")}`, "bs=64k"]);
};

describe.runIf(process.platform === "linux")("a service whose disk is full", () => {
  it("goes on searching, refuses writes in clear words, and needs no restart", async (context) => {
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
    expect(await ask(url, put("before"))).toMatchObject({ status: 200 });
    fill(disk);
    for (let i = 0; i < 50; i++) {
      expect(await ask(url, put(`refused-${i}`))).toMatchObject({ status: 503, retryAfter: "2" });
      expect(await ask(url, SEARCH)).toMatchObject({ status: 200 });
    }
    await expect(createClient({ url }).collection("pairs").deleteAnchor("before")).rejects.toThrow(
      "The disk is full",
    );
    await rm(join(disk, "filler"));
    expect(await ask(url, put("after"))).toMatchObject({ status: 200 });
    expect(service.output()).not.toMatch(/ended by itself|defect/);

    expect(await service.end("SIGTERM")).toBe(0);
    fill(disk);
    const { status, stderr } = await outcomeOf(dataDir);
    expect([status, stderr]).toEqual([1, expect.stringContaining("The disk is full")]);
    expect(stderr).not.toMatch(/corrupt/);
    await rm(join(disk, "filler"));
    const again = await startService(dataDir);
    onTestFinished(async () => {
      await again.end("SIGKILL");
    });
    await vi.waitFor(async () => expect(await ask(again.url, SEARCH)).toMatchObject({ status: 200 }));
    expect((await createClient({ url: again.url }).collection("pairs").get()).anchorCount).toBe(2);
  });
});

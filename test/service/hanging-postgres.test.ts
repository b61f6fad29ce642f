import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createClient } from "../../src/features/client.ts";
import { isAlive } from "../../src/store/processes.ts";
import { ask, type Answer, type Request } from "./asking.ts";
import { makeDataDir, startService } from "./running.ts";

const PATH = "/v1/collections/pairs";
const SEARCH: Request = {
  method: "POST",
  path: `${PATH}/search`,
  body: { query: { vector: [1, 2, 3], modality: "image" }, target: "image" },
};
const anchor = (id: string) => ({ id, text: `caption of ${id}`, imageVector: [1, 2, 3], textVector: [1, 1] });
const put = (id: string): Request => ({
  method: "PUT",
  path: `${PATH}/anchors`,
  body: { anchors: [anchor(id)] },
});
const READY: Request = { method: "GET", path: "/readyz" };

const timed = async (url: string, request: Request): Promise<Answer & { readonly ms: number }> => {
  const start = performance.now();
  return { ...(await ask(url, request)), ms: performance.now() - start };
};

const childrenOf = async (pid: number): Promise<number[]> =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ").filter(Boolean).map(Number);

// Other systems list the children of a process in their own ways.
describe.runIf(process.platform === "linux")("a service whose Postgres hangs", () => {
  it.each(["all its processes", "its postmaster alone"] as const)(
    "refuses within 5 s, goes on searching, and recovers by itself (%s)",
    async (which) => {
      const dataDir = await makeDataDir();
      onTestFinished(() => dataDir.remove());
      const service = await startService(dataDir.path);
      const { url } = service;
      const external = { external: { dimension: 3 } };
      const text = { external: { dimension: 2 } };
      await createClient({ url }).createCollection({
        name: "pairs",
        imageEncoder: external,
        textEncoder: text,
      });
      expect(await ask(url, put("before"))).toMatchObject({ status: 200 });
      const postmaster = Number(
        (await readFile(join(dataDir.path, "postgres/postmaster.pid"), "utf8")).split("\n", 1)[0],
      );
      const stopped = [postmaster, ...(which === "all its processes" ? await childrenOf(postmaster) : [])];
      const signal = (name: NodeJS.Signals): void => {
        for (const pid of stopped) if (isAlive(pid)) process.kill(pid, name);
      };
      onTestFinished(async () => {
        signal("SIGCONT");
        await service.end("SIGKILL");
      });
      signal("SIGSTOP");

      const first = await Promise.all([
        ...Array.from({ length: 20 }, (_, i) => timed(url, put(`meanwhile-${i}`))),
        ...Array.from({ length: 20 }, () => timed(url, { method: "GET", path: `${PATH}/anchors/before` })),
        timed(url, READY),
      ]);
      for (const { ms } of first) expect(ms).toBeLessThan(5_000);
      for (const answer of first.filter(({ status }) => status !== 200))
        expect(answer).toMatchObject({ status: 503, retryAfter: "2", type: "application/problem+json" });
      if (which === "all its processes") {
        expect(first.filter(({ status }) => status === 200)).toEqual([]);
        expect(await timed(url, READY)).toMatchObject({ status: 503 });
      }
      for (let i = 0; i < 5; i++) {
        expect(await timed(url, SEARCH)).toMatchObject({ status: 200 });
        await pause(200);
      }
      signal("SIGCONT");
      await vi.waitFor(async () => {
        expect(await ask(url, READY)).toMatchObject({ status: 200 });
        expect(await ask(url, put("after"))).toMatchObject({ status: 200 });
      }, 10_000);
      const { anchorCount, sequence } = await createClient({ url }).collection("pairs").get();
      const ids: string[] = [];
      for await (const { id } of createClient({ url }).collection("pairs").listAnchors()) ids.push(id);
      expect([ids.length, sequence]).toEqual([anchorCount, ids.length]);
      expect(ids).toEqual(expect.arrayContaining(["before", "after"]));
      expect(service.output()).not.toContain("defect");
    },
  );
});

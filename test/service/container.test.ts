import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { makeDataDir, NODE, startService, type DataDir, type Running } from "./running.ts";

const MEMORY = "/sys/fs/cgroup/memory/anchorage-test";
const CPU = "/sys/fs/cgroup/cpu/anchorage-test";
const LIMIT = 800 * 2 ** 20;
const DIMENSION = 8_192;
const ANCHORS = 200;

/** Makes control groups of version 1 for the test; false where that is not allowed here. */
const makeGroups = (): boolean => {
  try {
    mkdirSync(MEMORY, { recursive: true });
    mkdirSync(CPU, { recursive: true });
    writeFileSync(`${MEMORY}/memory.limit_in_bytes`, String(LIMIT));
    writeFileSync(`${CPU}/cpu.cfs_quota_us`, "100000");
    return readFileSync(`${MEMORY}/memory.limit_in_bytes`, "utf8").trim() === String(LIMIT);
  } catch {
    return false;
  }
};
const hasGroups = makeGroups();

const vector = (seed: number): string => {
  const values = Float32Array.from({ length: DIMENSION }, (_, i) => Math.sin(seed + i * (seed + 1)));
  return Buffer.from(values.buffer).toString("base64");
};

describe.skipIf(!hasGroups)("a service in a container with one processor and 800 MiB", () => {
  let dataDir: DataDir;
  let service: Running;
  const call = (path: string, method: string, body: unknown) =>
    fetch(`${service.url}${path}`, {
      method,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });

  beforeAll(async () => {
    dataDir = await makeDataDir();
    const enter = `echo $$ > ${MEMORY}/cgroup.procs && echo $$ > ${CPU}/cgroup.procs && exec "$@"`;
    service = await startService(dataDir.path, {}, ["sh", "-c", enter, "sh", ...NODE]);
    const encoder = { external: { dimension: DIMENSION } };
    await call("/v1/collections", "POST", { name: "big", imageEncoder: encoder, textEncoder: encoder });
  }, 300_000);
  afterAll(async () => {
    await service.end("SIGTERM");
    await dataDir.remove();
    // The kernel holds a group until its processes have ended altogether.
    for (const group of [MEMORY, CPU]) await vi.waitFor(() => rmdirSync(group), { timeout: 60_000 });
  }, 150_000);

  it("computes with one thread, and knows its limit of memory", async () => {
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toMatch(/^anchorage_threads 1$/m);
    expect(metrics).toContain(`anchorage_memory_bytes{kind="limit"} ${LIMIT}`);
  });

  it("refuses writes that would pass 90 % of the limit, is not killed, and answers searches", async () => {
    let refused: Response | undefined;
    for (let batch = 0; batch < 60 && refused === undefined; batch++) {
      const anchors = Array.from({ length: ANCHORS }, (_, i) => {
        const seed = batch * ANCHORS + i;
        return { id: `a${seed}`, imageVector: vector(seed), textVector: vector(seed + 0.5) };
      });
      const answer = await call("/v1/collections/big/anchors", "PUT", { anchors });
      if (!answer.ok) refused = answer;
    }
    expect(refused?.status).toBe(507);
    expect(await refused?.json()).toMatchObject({
      detail: expect.stringContaining(`90 % of this container's limit, ${LIMIT} bytes`) as unknown,
      neededBytes: expect.any(Number) as unknown,
    });
    const question = { query: { vector: vector(7), modality: "image" }, target: "image", limit: 1 };
    const found = (await (await call("/v1/collections/big/search", "POST", question)).json()) as {
      readonly hits: readonly { readonly id: string }[];
    };
    expect(found.hits[0]?.id).toBe("a7");
    expect(service.child.exitCode).toBeNull();
  }, 300_000);
});

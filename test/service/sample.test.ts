import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../../src/features/client.ts";
import { makeDataDir, startService, type DataDir, type Running } from "./running.ts";

let dataDir: DataDir;
let service: Running;

beforeAll(async () => {
  dataDir = await makeDataDir();
});

afterAll(async () => {
  await service.end("SIGKILL");
  await dataDir.remove();
});

const anchorsOf = async ({ url }: Running): Promise<number> =>
  (await createClient({ url }).collection("emoji").get()).anchorCount;

const start = async (): Promise<void> => {
  service = await startService(dataDir.path, { SAMPLE: "on" });
};

const sampleJob = async () =>
  (await createClient({ url: service.url }).listJobs()).find(({ kind }) => kind === "sample");

describe("the sample collection", () => {
  it("grows in the background, and goes on growing after a restart", async () => {
    await start();
    await expect.poll(() => anchorsOf(service).catch(() => 0), { timeout: 60_000 }).toBeGreaterThan(0);
    expect(await sampleJob()).toMatchObject({ state: "running", subject: "emoji" });
    expect(await service.end("SIGTERM")).toBe(0);

    await start();
    const before = await anchorsOf(service);
    expect(before).toBeGreaterThan(0);
    await expect.poll(() => anchorsOf(service), { timeout: 60_000 }).toBeGreaterThan(before);
  });

  it("answers while it grows", async () => {
    const { results } = await createClient({ url: service.url })
      .collection("emoji")
      .classify({
        images: [{ anchor: await firstAnchor(), modality: "image" }],
        classes: [{ name: "a face" }, { name: "a flag" }],
        explain: 1,
      });
    expect(results[0]?.classes).toHaveLength(2);
    expect(results[0]?.explanation).toHaveLength(1);
  });

  it("does not come back after it was deleted", async () => {
    const client = createClient({ url: service.url });
    await client.collection("emoji").delete();
    await expect.poll(async () => (await sampleJob())?.state, { timeout: 30_000 }).not.toBe("running");
    await service.end("SIGTERM");
    await start();
    await expect(anchorsOf(service)).rejects.toThrow(/not found|no collection/i);
  });
});

const firstAnchor = async (): Promise<string> => {
  for await (const { id } of createClient({ url: service.url }).collection("emoji").listAnchors()) return id;
  throw new Error("the collection is empty");
};

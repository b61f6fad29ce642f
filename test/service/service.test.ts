import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient, type AnchorageClient } from "../../src/features/client.ts";
import { makeDataDir, NPM_START, outcomeOf, startService, type DataDir, type Running } from "./running.ts";

const anchor = (id: string, i = 0) => ({
  id,
  text: `caption of ${id}`,
  imageVector: [1, i, 0],
  textVector: [i, 1],
});

let dataDir: DataDir;
let service: Running;
let client: AnchorageClient;

const restart = async (): Promise<void> => {
  service = await startService(dataDir.path);
  client = createClient({ url: service.url });
};

beforeAll(async () => {
  dataDir = await makeDataDir();
  await restart();
  await client.createCollection({
    name: "pairs",
    imageEncoder: { external: { dimension: 3 } },
    textEncoder: { external: { dimension: 2 } },
  });
});

afterAll(async () => {
  await service.end("SIGKILL");
  await dataDir.remove();
});

describe("a service", () => {
  it("has everything that was acknowledged, and nothing that was deleted, after a kill -9 amid writes", async () => {
    const pairs = client.collection("pairs");
    await pairs.putAnchors([anchor("deleted"), anchor("kept")]);
    await pairs.deleteAnchor("deleted");
    const acknowledged: string[] = [];
    let sequence = 0;
    const writing = (async () => {
      for (let i = 0; ; i++) {
        const answer = await pairs.putAnchors([anchor(`written-${i}`, i)]);
        acknowledged.push(`written-${i}`);
        sequence = answer.sequence;
        if (acknowledged.length === 20) void service.end("SIGKILL");
      }
    })();
    await expect(writing).rejects.toThrow();
    expect(acknowledged.length).toBeGreaterThanOrEqual(20);

    await restart();
    const info = await client.collection("pairs").get();
    expect(info.sequence).toBeGreaterThanOrEqual(sequence);
    const ids: string[] = [];
    for await (const { id } of client.collection("pairs").listAnchors()) ids.push(id);
    expect(ids).toEqual(expect.arrayContaining(["kept", ...acknowledged]));
    expect(ids).not.toContain("deleted");
    // At most the one that was being written when the process was killed.
    expect(ids.length - acknowledged.length - 1).toBeLessThanOrEqual(1);
    const { hits } = await client.collection("pairs").search({
      query: { vector: [1, 0, 0], modality: "image" },
      target: "image",
      limit: 100,
    });
    expect(hits.map(({ id }) => id).sort()).toEqual(ids.sort());
  });

  it("stops when npm, which started it, is told to", async () => {
    await service.end("SIGTERM");
    service = await startService(dataDir.path, {}, NPM_START);
    service.child.kill("SIGTERM");
    await expect.poll(() => service.output(), { timeout: 10_000 }).toMatch(/stopped\n$/);
    await restart();
  });

  it("refuses a DATA_DIR that another one holds, in one line", async () => {
    const second = await outcomeOf(dataDir.path);
    expect(second.status).toBe(1);
    expect(second.stderr.trim().split("\n")).toHaveLength(1);
    expect(second.stderr).toMatch(/in use|another process/);
  });

  it("listens beyond this machine with an API key alone", async () => {
    const open = await outcomeOf(dataDir.path, { HOST: "0.0.0.0" });
    expect(open.status).toBe(1);
    expect(open.stderr).toMatch(/^API_KEY: is required where HOST \(0\.0\.0\.0\)/);
  });

  it("refuses a wrong setting by its name", async () => {
    const wrong = await outcomeOf(dataDir.path, { PORT: "eighty", BODY_LIMIT_MIB: "0" });
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toBe(
      "PORT: must be a whole number from 0 to 65535; BODY_LIMIT_MIB: must be a whole number from 1 to 2048\n",
    );
  });

  it("stops when it is told to, and gives the same answers after it starts again", async () => {
    const query = { images: [{ vector: [1, 3, 0] }], texts: [{ vector: [2, 1] }, { vector: [1, 9] }] };
    const before = await client.collection("pairs").similarity(query);
    // A Ctrl-C under npm comes twice.
    service.child.kill("SIGINT");
    expect(await service.end("SIGINT")).toBe(0);
    expect(service.output()).toMatch(/stopping\n[^]*stopped\n$/);

    await restart();
    const after = await client.collection("pairs").similarity(query);
    expect(after).toMatchObject({ scores: before.scores, sequence: before.sequence });
  });
});

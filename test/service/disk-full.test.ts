import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createClient } from "../../src/features/client.ts";
import { freshDatabase } from "../support/postgres.ts";
import { ask } from "./asking.ts";
import { makeDataDir, NODE, startService, type Running } from "./running.ts";

const DIMENSION = 64;
const ANCHORS = 1_200;
/** In KiB; of the snapshot's vectors alone there are 600. */
const LARGEST_FILE = 256;
const LIMITED = ["sh", "-c", `ulimit -f ${LARGEST_FILE * 2}; exec "$0" "$@"`, ...NODE] as const;
const PATH = "/v1/collections/pairs";

const anchor = (i: number) => {
  const vector = Array.from({ length: DIMENSION }, (_, at) => Math.sin(i * DIMENSION + at));
  return { id: `a${i}`, imageVector: vector, textVector: vector };
};

const endAtLast = (service: Running): void => {
  onTestFinished(async () => {
    await service.end("SIGKILL");
  });
};

// Windows knows no such limits.
describe.skipIf(process.platform === "win32")("a service that may not write its snapshots", () => {
  it("answers 503 to compaction and goes on, and has everything when it starts again", async () => {
    const [database, dataDir] = [await freshDatabase(), await makeDataDir()];
    onTestFinished(() => dataDir.remove());
    const environment = { DATABASE_URL: database.url };
    const limited = await startService(dataDir.path, environment, LIMITED);
    endAtLast(limited);
    const client = createClient({ url: limited.url });
    const external = { external: { dimension: DIMENSION } };
    await client.createCollection({ name: "pairs", imageEncoder: external, textEncoder: external });
    await client.collection("pairs").putAnchors(Array.from({ length: ANCHORS }, (_, i) => anchor(i)));
    await client.collection("pairs").deleteAnchor("a7");

    expect(await ask(limited.url, { method: "POST", path: `${PATH}/compact` })).toMatchObject({
      status: 503,
      type: "application/problem+json",
      retryAfter: "2",
    });
    await client.collection("pairs").putAnchors([anchor(ANCHORS)]);
    const query = { vector: anchor(ANCHORS).imageVector, modality: "image" } as const;
    const { hits } = await client.collection("pairs").search({ query, target: "image", limit: 1 });
    expect(hits[0]?.id).toBe(`a${ANCHORS}`);
    expect(await limited.end("SIGTERM")).toBe(0);
    expect(limited.output()).toMatch(/collection pairs: no snapshot was written: EFBIG/);
    expect(limited.output()).not.toContain("defect");

    const free = await startService(dataDir.path, environment);
    endAtLast(free);
    const pairs = createClient({ url: free.url }).collection("pairs");
    expect(await pairs.get()).toMatchObject({ anchorCount: ANCHORS, sequence: 3 });
    expect(await pairs.compact()).toMatchObject({ erased: 1 });
    const files = await readdir(join(dataDir.path, "indexes"), { recursive: true });
    expect(files.filter((name) => name.includes(".snapshot"))).toEqual([
      expect.stringMatching(/3\.snapshot$/),
    ]);
  });
});

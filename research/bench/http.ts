import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { EXIT, runScript } from "../../src/cli/cli.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import { createClient } from "../../src/features/client.ts";
import { createRandom } from "../../src/math/random.ts";
import { listening, startService } from "./service.ts";

const DIMENSION = 512;
const BATCH = 1_000;
const CONNECTIONS = 8;
const MEASURED_MS = 4_000;
const ROUNDS = 3;

const random = createRandom(1);
const vector = (): number[] => Array.from({ length: DIMENSION }, () => Math.fround(random.next() - 0.5));

const post = async (url: string, body: string): Promise<void> => {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
};

/** Answers a second, each of several connections asking again when it was answered. */
const throughput = async (url: string, bodies: readonly string[]): Promise<number> => {
  const until = performance.now() + MEASURED_MS;
  let answered = 0;
  const connection = async (first: number): Promise<void> => {
    for (let i = first; performance.now() < until; i++) {
      await post(url, bodies[i % bodies.length] ?? "");
      answered++;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, i) => connection(i * 7)));
  return answered / (MEASURED_MS / 1_000);
};

const best = (values: readonly number[]): number => Math.round(Math.max(...values));

await runScript({
  name: "bench:http",
  synopsis: "[options]",
  about: `Searches for the 10 nearest over HTTP, ${CONNECTIONS} connections at once, beside a bare node:http server that parses the same JSON and calls hnswlib-node. The best of ${ROUNDS} turns each.`,
  options: { anchors: { type: "string", value: "N", help: "how many there are", default: "10000" } },
  examples: ["--anchors 50000"],
  schema: z.strictObject({ arguments: noArguments, anchors: wholeNumber(BATCH, 1_000_000) }),
  run: async ({ anchors }, { note, signal }) => {
    const dataDir = await mkdtemp(join(tmpdir(), "anchorage-bench-"));
    const service = await startService(dataDir);
    const bare = await listening(
      spawn(process.execPath, ["research/bench/bare-server.mjs"], { stdio: ["ignore", "pipe", "inherit"] }),
    );
    try {
      const rows = Array.from({ length: anchors }, vector);
      const client = createClient({ url: service.url });
      const external = { external: { dimension: DIMENSION } };
      await client.createCollection({ name: "bench", imageEncoder: external, textEncoder: external });
      for (let first = 0; first < anchors; first += BATCH) {
        const batch = rows.slice(first, first + BATCH);
        const pairs = batch.map((row, i) => ({ id: `a${first + i}`, imageVector: row, textVector: row }));
        await client.collection("bench").putAnchors(pairs);
      }
      note("building the graph of the bare server");
      await post(bare.url, JSON.stringify({ rows }));
      const bodies = Array.from({ length: 200 }, () =>
        JSON.stringify({ query: { vector: vector(), modality: "image" }, target: "image", limit: 10 }),
      );
      const search = `${service.url}/v1/collections/bench/search`;
      const [ours, theirs]: [number[], number[]] = [[], []];
      for (let round = 0; round < ROUNDS && !signal.aborted; round++) {
        ours.push(await throughput(search, bodies));
        theirs.push(await throughput(bare.url, bodies));
      }
      if (signal.aborted) return EXIT.interrupted;
      console.table([
        {
          server: "Anchorage (exact)",
          anchors,
          "answers/s": best(ours),
          ratio: Number((best(ours) / best(theirs)).toFixed(2)),
        },
        { server: "node:http + hnswlib-node", anchors, "answers/s": best(theirs), ratio: 1 },
      ]);
      return EXIT.done;
    } finally {
      await Promise.all([service.end(), bare.end()]);
      await rm(dataDir, { recursive: true, force: true });
    }
  },
});

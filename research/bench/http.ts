import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { EXIT, runScript } from "../../src/cli/cli.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import { createClient } from "../../src/features/client.ts";
import { createRandom } from "../../src/math/random.ts";
import { mean } from "../../src/math/statistics.ts";
import { listening, startService } from "./service.ts";

const DIMENSION = 512;
const BATCH = 1_000;
const CONNECTIONS = 8;
const MEASURED_MS = 3_000;
const ROUNDS = 5;
/** After so long a quiet time the service measures the machine. */
const QUIET_MS = 15_000;

const random = createRandom(1);
const vector = (): Float32Array => Float32Array.from({ length: DIMENSION }, () => random.next() - 0.5);
const base64Of = ({ buffer }: Float32Array): string => Buffer.from(buffer).toString("base64");

/** Sends by Node's own client, which takes less of the machine than fetch. */
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
const post = (url: string, body: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const asked = request(url, { agent, method: "POST", headers }, (answer) => {
      answer.resume().once("end", () => {
        if (answer.statusCode === 200) resolve();
        else reject(new Error(`${url}: ${answer.statusCode}`));
      });
    });
    asked.once("error", reject).end(body);
  });

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

await runScript({
  name: "bench:http",
  synopsis: "[options]",
  about: `Searches for the 10 nearest over HTTP, ${CONNECTIONS} connections at once, beside a bare node:http server over the same index, with vectors as numbers and as base64. Means of ${ROUNDS} turns each.`,
  options: { anchors: { type: "string", value: "N", help: "how many there are", default: "10000" } },
  examples: ["--anchors 50000"],
  schema: z.strictObject({ arguments: noArguments, anchors: wholeNumber(BATCH, 1_000_000) }),
  run: async ({ anchors }, { note, signal }) => {
    const dataDir = await mkdtemp(join(tmpdir(), "anchorage-bench-"));
    const service = await startService(dataDir);
    const bare = await listening(
      spawn(process.execPath, ["--import", "tsx", "research/bench/bare-server.ts"], {
        stdio: ["ignore", "pipe", "inherit"],
      }),
    );
    try {
      const client = createClient({ url: service.url });
      const external = { external: { dimension: DIMENSION } };
      await client.createCollection({ name: "bench", imageEncoder: external, textEncoder: external });
      const rows = new Float32Array(anchors * DIMENSION);
      for (let first = 0; first < anchors; first += BATCH) {
        const pairs = Array.from({ length: Math.min(BATCH, anchors - first) }, (_, i) => {
          const row = vector();
          rows.set(row, (first + i) * DIMENSION);
          return { id: `a${first + i}`, imageVector: base64Of(row), textVector: base64Of(row) };
        });
        await client.collection("bench").putAnchors(pairs);
      }
      await post(bare.url, JSON.stringify({ dimension: DIMENSION, rows: base64Of(rows) }));
      const questions = Array.from({ length: 200 }, vector);
      const bodiesOf = (written: (query: Float32Array) => unknown): string[] =>
        questions.map((query) =>
          JSON.stringify({
            query: { vector: written(query), modality: "image" },
            target: "image",
            limit: 10,
          }),
        );
      const forms = { numbers: bodiesOf((query) => [...query]), base64: bodiesOf(base64Of) };
      const servers = { Anchorage: `${service.url}/v1/collections/bench/search`, "node:http": bare.url };
      note("waiting until the service has measured the machine");
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
      const found = new Map<string, number[]>();
      for (let round = 0; round <= ROUNDS && !signal.aborted; round++)
        for (const [form, bodies] of Object.entries(forms))
          for (const [server, url] of Object.entries(servers)) {
            const rate = await throughput(url, bodies);
            // The first turn warms up.
            if (round > 0) found.set(`${server} ${form}`, [...(found.get(`${server} ${form}`) ?? []), rate]);
          }
      if (signal.aborted) return EXIT.interrupted;
      const rateOf = (server: string, form: string): number => mean(found.get(`${server} ${form}`) ?? []);
      console.table(
        Object.keys(forms).flatMap((form) =>
          Object.keys(servers).map((server) => ({
            server,
            vectors: form,
            anchors,
            "answers/s": Math.round(rateOf(server, form)),
            ratio: Number((rateOf(server, form) / rateOf("node:http", form)).toFixed(2)),
          })),
        ),
      );
      return EXIT.done;
    } finally {
      agent.destroy();
      await Promise.all([service.end(), bare.end()]);
      await rm(dataDir, { recursive: true, force: true });
    }
  },
});

import { Agent, request } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { EXIT, runScript } from "../../src/cli/cli.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import { createClient } from "../../src/features/client.ts";
import { createRandom } from "../../src/math/random.ts";
import { quantile } from "../../src/math/statistics.ts";
import { startService } from "./service.ts";

const DIMENSION = 512;
const BATCH = 1_000;
const BODIES = 400;

const random = createRandom(1);
const vector = (): number[] => Array.from({ length: DIMENSION }, () => Math.fround(random.next() - 0.5));

/** Sends a body and waits for the whole answer; @throws Error with an answer that is not 200 */
const send = (agent: Agent, method: string, url: string, body: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const sent = request(url, { agent, method, headers }, (response) => {
      let answer = "";
      response.on("data", (chunk: Buffer) => (answer += chunk.toString()));
      response.on("end", () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}: ${answer}`)),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });

const rowOf = (kind: string, times: readonly number[], seconds: number) => {
  const ascending = times.toSorted((a, b) => a - b);
  const shown = (share: number): number => Math.round(quantile(ascending, share));
  return {
    kind,
    answers: times.length,
    "answers/s": Math.round(times.length / seconds),
    ...{ "p50 ms": shown(0.5), "p99 ms": shown(0.99), "longest ms": shown(1) },
  };
};

await runScript({
  name: "bench:writers",
  synopsis: "[options]",
  about:
    "How long clients at once wait over HTTP, half of which write one anchor of given vectors (512 + 512) after the other, and half search for the 10 nearest.",
  options: {
    anchors: { type: "string", value: "N", help: "anchors that are there before", default: "10000" },
    clients: { type: "string", value: "N", help: "clients at once", default: "200" },
    seconds: { type: "string", value: "N", help: "how long they ask", default: "20" },
  },
  examples: ["--clients 50"],
  schema: z.strictObject({
    arguments: noArguments,
    anchors: wholeNumber(BATCH, 1_000_000),
    clients: wholeNumber(2, 2_000),
    seconds: wholeNumber(1, 600),
  }),
  run: async ({ anchors, clients, seconds }, { note, signal }) => {
    const dataDir = await mkdtemp(join(tmpdir(), "anchorage-bench-"));
    const service = await startService(dataDir);
    const agent = new Agent({ keepAlive: true, maxSockets: clients });
    try {
      const client = createClient({ url: service.url });
      const external = { external: { dimension: DIMENSION } };
      await client.createCollection({ name: "bench", imageEncoder: external, textEncoder: external });
      const pair = (id: string) => ({ id, imageVector: vector(), textVector: vector() });
      for (let first = 0; first < anchors; first += BATCH)
        await client
          .collection("bench")
          .putAnchors(Array.from({ length: BATCH }, (_, i) => pair(`a${first + i}`)));
      const path = `${service.url}/v1/collections/bench`;
      // Each client that writes has anchors of its own, so that none waits for another's turn.
      const writes = Array.from({ length: BODIES }, (_, i) => JSON.stringify({ anchors: [pair(`w${i}`)] }));
      const searches = Array.from({ length: BODIES }, () =>
        JSON.stringify({ query: { vector: vector(), modality: "image" }, target: "image", limit: 10 }),
      );
      const times = { write: [] as number[], search: [] as number[] };
      note(`${clients} clients for ${seconds} s`);
      const until = performance.now() + 1_000 * seconds;
      const ask = async (place: number): Promise<void> => {
        const kind = place % 2 === 0 ? "write" : "search";
        const bodies = kind === "write" ? writes : searches;
        for (let i = place; performance.now() < until && !signal.aborted; i += clients) {
          const started = performance.now();
          const body = bodies[i % BODIES] ?? "";
          if (kind === "write") await send(agent, "PUT", `${path}/anchors`, body);
          else await send(agent, "POST", `${path}/search`, body);
          times[kind].push(performance.now() - started);
        }
      };
      await Promise.all(Array.from({ length: clients }, (_, place) => ask(place)));
      if (signal.aborted) return EXIT.interrupted;
      console.table([rowOf("upsert", times.write, seconds), rowOf("search", times.search, seconds)]);
      return EXIT.done;
    } finally {
      agent.destroy();
      await service.end();
      await rm(dataDir, { recursive: true, force: true });
    }
  },
});

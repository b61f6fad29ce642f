import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { EXIT, runScript } from "../../src/cli/cli.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import { createClient, type CollectionClient } from "../../src/features/client.ts";
import { createRandom } from "../../src/math/random.ts";
import { startService } from "./service.ts";
import { quantile } from "../../src/math/statistics.ts";

const DIMENSION = 512;
const QUERY_EVERY_MS = 10;
const PEACE_QUERIES = 500;

const random = createRandom(1);
const vector = (): number[] => Array.from({ length: DIMENSION }, () => Math.fround(random.next() - 0.5));

/** Streams a file to a service, in a process of its own so that it takes no time from who measures. */
const UPLOAD = `
  import { createReadStream } from "node:fs";
  const [file, url] = process.argv.slice(1);
  const headers = { "content-type": "application/x-ndjson" };
  const response = await fetch(url, { method: "PUT", headers, body: createReadStream(file), duplex: "half" });
  for await (const chunk of response.body) void chunk;
  process.exit(response.ok ? 0 : 1);
`;

const writeAnchors = async (file: string, count: number): Promise<void> => {
  const stream = createWriteStream(file);
  for (let i = 0; i < count; i++) {
    const line = JSON.stringify({ id: `anchor-${i}`, imageVector: vector(), textVector: vector() });
    if (!stream.write(`${line}\n`)) await once(stream, "drain");
  }
  stream.end();
  await once(stream, "finish");
};

/** Milliseconds from asking to the answer, one query after the other, until `isOver`. */
const ask = async (collection: CollectionClient, isOver: (asked: number) => boolean): Promise<number[]> => {
  const times: number[] = [];
  const query = { vector: vector(), modality: "image" } as const;
  while (!isOver(times.length)) {
    const started = performance.now();
    await collection.search({ query, target: "image", limit: 10 });
    times.push(performance.now() - started);
    await setTimeout(QUERY_EVERY_MS);
  }
  return times;
};

const rowOf = (when: string, times: readonly number[], peace: readonly number[]) => {
  const at = (of: readonly number[], share: number): number =>
    quantile(
      of.toSorted((a, b) => a - b),
      share,
    );
  const shown = (share: number): number => Number(at(times, share).toFixed(1));
  return {
    when,
    queries: times.length,
    "p50 ms": shown(0.5),
    "p99 ms": shown(0.99),
    "longest ms": shown(1),
    "p99 ratio": Number((at(times, 0.99) / at(peace, 0.99)).toFixed(1)),
  };
};

await runScript({
  name: "bench:latency",
  synopsis: "[options]",
  about:
    "How long a query for the 10 nearest waits over HTTP while anchors with given vectors (512 + 512) are imported, beside the same query after the import, in peace. Service, import and query are processes of their own.",
  options: { anchors: { type: "string", value: "N", help: "how many are imported", default: "100000" } },
  examples: ["--anchors 20000"],
  schema: z.strictObject({ arguments: noArguments, anchors: wholeNumber(1_000, 10_000_000) }),
  run: async ({ anchors }, { note, signal }) => {
    const dataDir = await mkdtemp(join(tmpdir(), "anchorage-bench-"));
    const file = join(dataDir, "anchors.ndjson");
    note(`writing ${anchors} anchors to a file`);
    await writeAnchors(file, anchors);
    const { url, end } = await startService(join(dataDir, "data"));
    try {
      const client = createClient({ url });
      const external = { external: { dimension: DIMENSION } };
      await client.createCollection({ name: "bench", imageEncoder: external, textEncoder: external });
      const started = performance.now();
      let seconds = 0;
      const target = `${url}/v1/collections/bench/anchors`;
      const upload = spawn(process.execPath, ["--input-type=module", "-e", UPLOAD, file, target]);
      upload.on("exit", () => (seconds = (performance.now() - started) / 1_000));
      const busy = await ask(client.collection("bench"), () => seconds > 0 || signal.aborted);
      upload.kill();
      if (signal.aborted) return EXIT.interrupted;
      const peace = await ask(client.collection("bench"), (asked) => asked === PEACE_QUERIES);
      console.table([rowOf("while importing", busy, peace), rowOf("in peace", peace, peace)]);
      note(
        `${anchors} anchors were imported in ${seconds.toFixed(1)} s: ${Math.round(anchors / seconds)} a second`,
      );
      return EXIT.done;
    } finally {
      await end();
      await rm(dataDir, { recursive: true, force: true });
    }
  },
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { EXIT, runScript } from "../../src/cli/cli.ts";
import { createClient } from "../../src/features/client.ts";
import { npyHeader } from "../../src/features/files/npy/index.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import type { Log } from "../../src/types.ts";
import { makeData, TEXT_DIMENSION, type Data } from "./paired-data.ts";
import { startService } from "./service.ts";

const DIMENSION = 512;
const QUERIES = 200;
const K = 10;
const ADOPTED_WITHIN_MS = 120_000;

interface Line {
  readonly what: string;
  readonly seconds?: string;
  readonly "ms a search"?: string;
  readonly plan?: string;
}

/** Runs `build-index` and returns the seconds in which both graphs were built. */
const build = async (args: readonly string[], dataDir: string, log: Log): Promise<number> => {
  const child = spawn(
    process.execPath,
    ["--import", "tsx/esm", "scripts/anchorage.ts", "build-index", "--collection", "bench", ...args],
    {
      env: { ...process.env, DATA_DIR: dataDir, DATABASE_URL: "", PORT: "0" },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      log.info(chunk.toString().trimEnd());
    });
  const [status] = (await once(child, "close")) as [number];
  const seconds = /both graphs are built, in ([\d.]+) s/.exec(output)?.[1];
  if (status !== EXIT.done || seconds === undefined) throw new Error(`build-index ended with ${status}`);
  return Number(seconds);
};

/** The median time of one search after the other over HTTP, and the index that answered the last. */
const searches = async (
  url: string,
  { queries }: Data,
  exact: boolean,
): Promise<{ readonly ms: number; readonly plan: string }> => {
  const collection = createClient({ url }).collection("bench");
  const times: number[] = [];
  let plan = "";
  for (let i = 0; i < QUERIES; i++) {
    const vector = Array.from(queries.subarray(i * DIMENSION, (i + 1) * DIMENSION));
    const query = { vector, modality: "image" as const };
    const started = performance.now();
    const answer = await collection.search({
      ...{ query, target: "image", mode: "unimodal", limit: K, k: K },
      ...(exact ? { exact } : {}),
    });
    times.push(performance.now() - started);
    plan = `${answer.plan.index}${answer.plan.ef === undefined ? "" : `, ef ${answer.plan.ef}`}: ${answer.plan.reason}`;
  }
  times.sort((a, b) => a - b);
  return { ms: times[QUERIES >> 1] ?? 0, plan };
};

const adopted = async (url: string): Promise<void> => {
  const collection = createClient({ url }).collection("bench");
  const until = performance.now() + ADOPTED_WITHIN_MS;
  while (performance.now() < until) {
    if ((await collection.get()).indexes.image.graph?.state === "ready") return;
    await pause(200);
  }
  throw new Error("the built index was not adopted");
};

await runScript({
  name: "bench:built-index",
  synopsis: "[options]",
  about: `Builds both graphs of a collection (${DIMENSION} + ${TEXT_DIMENSION} dimensions) by build-index, on two threads and on one, and searches it over HTTP for the ${K} nearest images, by the exact index and as the planner chooses.`,
  options: { anchors: { type: "string", value: "N", help: "how many there are", default: "10000" } },
  examples: ["--anchors 100000"],
  schema: z.strictObject({ arguments: noArguments, anchors: wholeNumber(1_000, 1_000_000) }),
  run: async ({ anchors }, { log }) => {
    const root = await mkdtemp(join(tmpdir(), "anchorage-bench-"));
    const dataDir = join(root, "data");
    const lines: Line[] = [];
    try {
      const data = makeData(anchors, 1, QUERIES, DIMENSION);
      const files: string[] = [];
      for (const [option, rows, dimension] of [
        ["--image-vectors", data.images, DIMENSION],
        ["--text-vectors", data.texts, TEXT_DIMENSION],
      ] as const) {
        const path = join(root, `${option.slice(2)}.npy`);
        await writeFile(path, [npyHeader([anchors, dimension]), new Uint8Array(rows.buffer)]);
        files.push(option, path);
      }
      const started = performance.now();
      const both = await build(files, dataDir, log);
      const whole = (performance.now() - started) / 1000;
      lines.push({ what: "both graphs, two threads", seconds: both.toFixed(1) });
      lines.push({ what: "the command: store, read, build, measure", seconds: whole.toFixed(1) });
      const one = await build(["--threads", "1", "--out", join(root, "one")], dataDir, log);
      lines.push({ what: "both graphs, one after the other", seconds: one.toFixed(1) });
      const service = await startService(dataDir);
      try {
        await adopted(service.url);
        for (const exact of [true, false]) {
          await searches(service.url, data, exact);
          const { ms, plan } = await searches(service.url, data, exact);
          const what = exact ? "exact search over HTTP" : "search over HTTP as planned";
          lines.push({ what, "ms a search": ms.toFixed(2), plan });
        }
      } finally {
        await service.end();
      }
      console.table(lines);
      return EXIT.done;
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  },
});

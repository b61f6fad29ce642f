import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RED_PIXEL } from "../../src/api/inputs.ts";
import { createClient, type AnchorageClient } from "../../src/features/client.ts";
import { makeDataDir, type DataDir } from "../service/running.ts";
import { freshDatabase, type TestDatabase } from "../support/postgres.ts";

/** What is not counted: encoding and SQL. */
const BEYOND = /^(encoders|store|onnx|worker\.ts)/;
/** What runs for every request before its route does, such as access, keys, metrics and the log, and answers it. */
const FRAME =
  /^(http\/(app|access|direct-queries|endpoint|json-answer|listener|metrics|request-head|request-id|request-span|slow-peers|trusted-proxy)|features\/keys\/\w[\w-]*|config|log|service-log|tracing)\.ts$/;
/** Work that no request waits for: measuring the machine after a start, and hearing of writes, this process's own among them. */
const BACKGROUND = /^(retrieval\/(measure-costs|codes\/quiet)|collections\/follow)\.ts$/;
/** What runs while the machine is measured: the measurement, and the graph that it builds. */
const MEASURING: ReadonlySet<string> = new Set(["retrieval/measure-costs.ts", "retrieval/hnsw.ts"]);
/** Requests before the count, so that what a request loads or creates once is there. */
const WARM = 5;
/** A timer may run during one of the counted requests, but not during most of them. */
const COUNTED = 5;
const QUIET_MS = 1_000;
const TIMEOUT_MS = 240_000;

let dataDir: DataDir;
let database: TestDatabase;
let service: ChildProcess;
let client: AnchorageClient;

beforeAll(async () => {
  [dataDir, database] = await Promise.all([makeDataDir(), freshDatabase()]);
  service = spawn(
    process.execPath,
    ["--import", "tsx", "--import", "./test/structure/coverage-probe.ts", "src/main.ts"],
    {
      env: {
        ...process.env,
        PORT: "0",
        DATA_DIR: dataDir.path,
        DATABASE_URL: database.url,
        SAMPLE: "off",
        npm_lifecycle_event: "",
      },
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    },
  );
  client = createClient({ url: await addressOf(service) });
}, TIMEOUT_MS);

afterAll(async () => {
  service.kill("SIGTERM");
  if (service.exitCode === null) await once(service, "exit");
  await database.drop();
  await dataDir.remove();
});

describe("a warm request", () => {
  it(
    "writes given vectors through at most 19 files before encoding and SQL",
    async () => {
      const encoder = { external: { dimension: 3 } };
      await client.createCollection({ name: "given", imageEncoder: encoder, textEncoder: encoder });
      const given = client.collection("given");
      const files = await filesOf((i) =>
        given.putAnchors([{ id: `a${i}`, text: "a fox", imageVector: [1, i, 2], textVector: [i, 1, 0] }]),
      );
      expect(files.length, files.join("\n")).toBeLessThanOrEqual(19);
    },
    TIMEOUT_MS,
  );

  it(
    "classifies an image by the default method through at most 43 files without encoders and SQL",
    async () => {
      await client.createCollection({ name: "encoded" });
      const encoded = client.collection("encoded");
      await encoded.putAnchors(
        ["a red square", "an owl", "a fox", "a hare"].map((text, i) => ({
          id: `e${i}`,
          text,
          image: RED_PIXEL.image,
        })),
      );
      const files = await filesOf(() =>
        encoded.classify({ images: [RED_PIXEL], classes: [{ name: "a red square" }, { name: "an owl" }] }),
      );
      expect(files.length, files.join("\n")).toBeLessThanOrEqual(43);
    },
    TIMEOUT_MS,
  );
});

/** The files in which a function runs in most of several warm requests. */
const filesOf = async (request: (i: number) => Promise<unknown>): Promise<string[]> => {
  for (let i = 0; i < WARM; i++) await request(i);
  await untilMeasured();
  const runs = new Map<string, number>();
  for (let i = 0; i < COUNTED; i++) {
    await executedFiles();
    await request(WARM + i);
    for (const file of await executedFiles()) runs.set(file, (runs.get(file) ?? 0) + 1);
  }
  const inMost = [...runs].filter(([, count]) => count > COUNTED / 2).map(([file]) => file);
  return inMost.filter((file) => !BEYOND.test(file) && !FRAME.test(file) && !BACKGROUND.test(file)).sort();
};

/** A start is followed by measurements of the machine, whose files would be counted as well. */
const untilMeasured = async (): Promise<void> => {
  do {
    await executedFiles();
    await setTimeout(QUIET_MS);
  } while ((await executedFiles()).some((file) => MEASURING.has(file)));
};

/** The files of `src/` in which a function of the service ran since the last call. */
const executedFiles = async (): Promise<string[]> => {
  const answer = once(service, "message") as Promise<[string[]]>;
  service.send("take");
  return (await answer)[0];
};

/** Where the service listens, as it says. */
const addressOf = ({ stdout }: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let output = "";
    stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const address = /listening on (http:\S+)/.exec(output)?.[1];
      if (address !== undefined) resolve(address);
    });
    stdout?.on("end", () => reject(new Error(`the service ended: ${output}`)));
  });

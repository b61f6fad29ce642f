import { execFileSync, fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { EXIT, runScript } from "../../src/cli/cli.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import { messageOf } from "../../src/errors.ts";
import { heavyRequests, prepare } from "./pauses/requests.ts";
import { listening } from "./service.ts";

/** The longest that other requests may wait for one. */
const ALLOWED_MS = 50;
const PROBE = new URL("./pauses/probe.mjs", import.meta.url).href;

const pause = z.strictObject({ ms: z.number(), holders: z.array(z.string()).readonly() });

/** Runs `work` and tells for how long it held the event loop of `service`. */
const measure = async (service: ChildProcess, work: () => Promise<unknown>) => {
  service.send("begin");
  await once(service, "message");
  const started = performance.now();
  const failure = await work().then(
    () => null,
    (error: unknown) => messageOf(error),
  );
  const seconds = (performance.now() - started) / 1_000;
  service.send("end");
  const [answer] = z.tuple([pause, z.unknown()]).parse(await once(service, "message"));
  return { ...answer, seconds, failure };
};

await runScript({
  name: "bench:pauses",
  synopsis: "[options]",
  about:
    "For how long each heavy request holds the event loop of a service, beside it the functions that held it longest. Time in which other processes had the processor does not count (on Linux).",
  options: {
    data: { type: "string", value: "DIR", help: "a DATA_DIR with the sample, of which a copy is used" },
    anchors: { type: "string", value: "N", help: "anchors of given vectors", default: "10000" },
    only: { type: "string", value: "TEXT", help: "requests whose name has it" },
  },
  examples: ["--data ./data --only classification"],
  schema: z.strictObject({
    arguments: noArguments,
    data: z.string(),
    anchors: wholeNumber(1_000, 1_000_000),
    only: z.string().default(""),
  }),
  run: async ({ data, anchors, only }, { note, signal }) => {
    const folder = await mkdtemp(join(tmpdir(), "anchorage-bench-"));
    const dataDir = join(folder, "data");
    // With the owners of its files, which Postgres insists on.
    execFileSync("cp", ["-a", data, dataDir]);
    const service = fork("src/main.ts", {
      execArgv: ["--import", "tsx", "--import", PROBE],
      env: { ...process.env, PORT: "0", DATA_DIR: dataDir, DATABASE_URL: "" },
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    const { url, end } = await listening(service);
    try {
      note("writing anchors");
      const target = await prepare(url, anchors);
      const rows = [];
      for (const [name, send] of heavyRequests) {
        if (signal.aborted) return EXIT.interrupted;
        if (!name.includes(only)) continue;
        const { ms, holders, seconds, failure } = await measure(service, () => send(target));
        rows.push({ request: name, "held ms": Math.round(ms), seconds: Number(seconds.toFixed(2)) });
        note(`${name}: ${Math.round(ms)} ms${failure === null ? "" : `; ${failure}`}`);
        if (ms > ALLOWED_MS) for (const holder of holders) note(`  ${holder}`);
      }
      console.table(rows);
      return rows.some((row) => row["held ms"] > ALLOWED_MS) ? EXIT.failed : EXIT.done;
    } finally {
      await end();
      await rm(folder, { recursive: true, force: true });
    }
  },
});

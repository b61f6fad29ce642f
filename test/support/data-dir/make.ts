import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { makeDataDir, startService } from "../../service/running.ts";
import { apiAt, type Api } from "./api.ts";
import { fill, refuseSample, startJobs, writeModels } from "./content.ts";
import { dumpDataDir } from "./dump.ts";
import { record, writeRecorded, type Recorded } from "./questions.ts";

/*
 * Makes a dump of a small DATA_DIR as this version writes it, for tests of upgrades:
 *
 *   node --import tsx test/support/data-dir/make.ts test/fixtures/data-dir-0.1
 */

const [given] = process.argv.slice(2);
if (given === undefined) throw new Error("name the folder that is made, such as test/fixtures/data-dir-0.1");
const folder = resolve(given);
// A later version cannot write what an older one wrote.
if (existsSync(folder)) throw new Error(`${folder} is there already, and a dump is never made again`);
const work = `${folder}.new`;

const note = (line: string): void => void process.stdout.write(`${line}\n`);

/** Runs `use` with a service on `dataDir`, which is then stopped by `signal`. */
const withService = async (
  dataDir: string,
  signal: NodeJS.Signals,
  use: (api: Api, url: string) => Promise<void>,
  environment: Record<string, string> = {},
): Promise<void> => {
  const service = await startService(dataDir, environment);
  try {
    await use(apiAt(service.url), service.url);
  } catch (error) {
    note(service.output());
    throw error;
  } finally {
    await service.end(signal);
  }
};

const buildIndex = async (dataDir: string, url: string): Promise<void> => {
  const args = ["run", "build-index", "--", "--collection", "pairs", "--url", url];
  const child = spawn("npm", args, { env: { ...process.env, DATA_DIR: dataDir }, stdio: "inherit" });
  const [status] = (await once(child, "exit")) as [number | null];
  if (status !== 0) throw new Error(`npm ${args.join(" ")} ended with ${status}`);
};

const dataDir = await makeDataDir();
const defaults = await readdir(join(dataDir.path, "encoders"));
await rm(work, { recursive: true, force: true });
try {
  await writeModels(dataDir.path);
  note("writing");
  await withService(dataDir.path, "SIGTERM", refuseSample, { SAMPLE: "on" });
  await withService(dataDir.path, "SIGTERM", async (api, url) => {
    await fill(api);
    await buildIndex(dataDir.path, url);
    // What is fitted when it is first asked for is then there when the answers are recorded.
    await record(api);
  });
  note("recording");
  let recorded: readonly Recorded[] = [];
  await withService(dataDir.path, "SIGTERM", async (api) => {
    recorded = await record(api);
  });
  note("killing it while jobs run");
  await withService(dataDir.path, "SIGKILL", startJobs);
  await dumpDataDir(dataDir.path, work, defaults);
  await writeRecorded(work, recorded);
} finally {
  await dataDir.remove();
}
await rename(work, folder);
note(`made ${folder}`);

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startEmbedded } from "../../src/store/index.ts";
import { silentLog } from "./log.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Of the superuser, on the server that all tests of a run share. */
    postgresUrl: string;
  }
}

/** One PostgreSQL for the whole run, in a temporary folder. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const dataDir = await mkdtemp(join(tmpdir(), "anchorage-test-"));
  const server = await startEmbedded({ dataDir, log: silentLog });
  project.provide("postgresUrl", server.url);
  return async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
};

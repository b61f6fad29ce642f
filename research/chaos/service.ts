import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createClient, type CollectionClient } from "../../src/features/client.ts";
import { startService as startProcess } from "../../test/service/running.ts";

/** What `npm start` runs; it starts faster than from TypeScript. */
export const COMPILED = [process.execPath, "dist/main.js"] as const;

type Client = ReturnType<typeof createClient>;

/** The service promises to be gone within 10 s of SIGTERM. */
const GONE_WITHIN_MS = 15_000;
const RECOVERED_WITHIN_MS = 60_000;

/** A service in a process of its own. */
export interface Service {
  readonly url: string;
  readonly dataDir: string;
  readonly pid: number;
  readonly client: Client;
  /** What it has said since it started. */
  readonly output: () => string;
  readonly hasEnded: () => boolean;
  readonly signal: (name: "SIGTERM" | "SIGKILL") => void;
  /** Kills the PostgreSQL that it started, and not the service. */
  readonly killPostgres: () => Promise<void>;
  /** Resolves when it is ready; @throws where it is not within a minute. */
  readonly ready: () => Promise<void>;
  /** Resolves when it has started PostgreSQL again `times` times and is ready; @throws where it does not come to it. */
  readonly recovered: (times: number) => Promise<void>;
  /** Resolves with its exit status when it is gone, null where a signal ended it; @throws where it stays. */
  readonly gone: () => Promise<number | null>;
}

/** Starts a service on `dataDir` and waits until it listens. */
export const startService = async (
  dataDir: string,
  environment: Record<string, string> = {},
): Promise<Service> => {
  const ownPostgres = { DATABASE_URL: "", ...environment };
  const { url, child, output } = await startProcess(dataDir, ownPostgres, COMPILED);
  const exited =
    child.exitCode === null && child.signalCode === null
      ? (once(child, "exit") as Promise<[number | null]>)
      : Promise.resolve([child.exitCode] as [number | null]);
  const client = createClient({ url });

  const until = async (holds: () => boolean): Promise<void> => {
    const end = performance.now() + RECOVERED_WITHIN_MS;
    const isReady = (): Promise<boolean> =>
      client.ready().then(
        () => true,
        () => false,
      );
    while (!holds() || !(await isReady())) {
      if (performance.now() > end) throw new Error(`the service did not recover: ${output()}`);
      await pause(50);
    }
  };
  return {
    url,
    dataDir,
    pid: child.pid ?? 0,
    client,
    output,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    signal: (name) => void child.kill(name),
    killPostgres: () => killPostgres(dataDir),
    ready: () => until(() => true),
    recovered: (times) => until(() => output().split("PostgreSQL runs again").length > times),
    gone: async () => {
      const late = pause(GONE_WITHIN_MS, null, { ref: false });
      const outcome = await Promise.race([exited, late]);
      if (outcome !== null) return outcome[0];
      child.kill("SIGKILL");
      throw new Error(`the service was not gone after ${GONE_WITHIN_MS / 1000} s`);
    },
  };
};

/** Ends a service and its PostgreSQL, whatever they are at. */
export const endService = async (service: Service): Promise<void> => {
  service.signal("SIGKILL");
  await service.gone();
  await service.killPostgres();
};

/** The collection `name` of external vectors, which is made where there is none. */
export const openCollection = async (
  { client }: Service,
  name: string,
  dimension: number,
): Promise<CollectionClient> => {
  const known = await client.listCollections();
  if (!known.some((each) => each.name === name)) {
    const external = { external: { dimension } };
    await client.createCollection({ name, imageEncoder: external, textEncoder: external });
  }
  return client.collection(name);
};

/** The ids of all anchors that a collection lists. */
export const listIds = async (collection: CollectionClient): Promise<Set<string>> => {
  const ids = new Set<string>();
  for await (const { id } of collection.listAnchors({ pageSize: 1_000 })) ids.add(id);
  return ids;
};

/** Lines of `postmaster.pid`: process, folder of the cluster, start, port, folder of the socket, address. */
export const readPostmaster = async (dataDir: string): Promise<readonly string[]> => {
  const file = await readFile(join(dataDir, "postgres/postmaster.pid"), "utf8").catch(() => "");
  return file.split("\n");
};

/** It leads a group of its own, so that killing the service's would leave it. */
const killPostgres = async (dataDir: string): Promise<void> => {
  const pid = Number((await readPostmaster(dataDir))[0]);
  if (!(pid > 1)) return;
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
};

/** The snapshots of all collections below `dataDir`: whole ones, and those that are being written or were cut off. */
export const snapshotFiles = async (dataDir: string): Promise<{ whole: string[]; partial: string[] }> => {
  const files = await readdir(join(dataDir, "indexes"), { recursive: true }).catch(() => []);
  return {
    whole: files.filter((name) => name.endsWith(".snapshot")),
    partial: files.filter((name) => name.endsWith(".snapshot.writing")),
  };
};

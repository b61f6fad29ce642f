import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createClient, type CollectionClient } from "../../src/features/client.ts";
import { DIMENSION } from "./model.ts";

const COLLECTION = "chaos";
/** The service promises to be gone within 10 s of SIGTERM. */
const GONE_WITHIN_MS = 15_000;

const RECOVERED_WITHIN_MS = 60_000;

/** A service in a process of its own. */
export interface Service {
  readonly collection: CollectionClient;
  /** What it has said since it started. */
  readonly output: () => string;
  readonly signal: (name: "SIGTERM" | "SIGKILL") => void;
  /** Kills the PostgreSQL that it started, and not the service. */
  readonly killPostgres: () => Promise<void>;
  /** Resolves when it has started PostgreSQL again `times` times and is ready; @throws where it does not come to it. */
  readonly recovered: (times: number) => Promise<void>;
  /** Resolves with its exit status when it is gone, null where a signal ended it; @throws where it stays. */
  readonly gone: () => Promise<number | null>;
}

/** Starts a service on `dataDir`, with a collection in it, and waits until it listens. */
export const startService = async (dataDir: string): Promise<Service> => {
  const child = spawn(process.execPath, ["--import", "tsx", "src/main.ts"], {
    env: { ...process.env, PORT: "0", DATA_DIR: dataDir, SAMPLE: "off", DATABASE_URL: "" },
    stdio: ["ignore", "pipe", "pipe"],
    // A Ctrl-C is for the script, which then ends the service.
    detached: true,
  });
  const exited = once(child, "exit") as Promise<[number | null]>;
  let output = "";
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const listening = /listening on (http:\S+)/.exec(output)?.[1];
      if (listening !== undefined) resolve(listening);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    void exited.then(() => reject(new Error(`the service ended: ${output}`)));
  });
  const client = createClient({ url });
  const known = await client.listCollections();
  if (!known.some(({ name }) => name === COLLECTION)) {
    const external = { external: { dimension: DIMENSION } };
    await client.createCollection({ name: COLLECTION, imageEncoder: external, textEncoder: external });
  }
  return {
    collection: client.collection(COLLECTION),
    output: () => output,
    signal: (name) => void child.kill(name),
    killPostgres: () => killPostgres(dataDir),
    recovered: async (times) => {
      const until = performance.now() + RECOVERED_WITHIN_MS;
      const isReady = (): Promise<boolean> =>
        client.ready().then(
          () => true,
          () => false,
        );
      while (output.split("PostgreSQL runs again").length <= times || !(await isReady())) {
        if (performance.now() > until) throw new Error(`the service did not recover: ${output}`);
        await pause(50);
      }
    },
    gone: () => within(exited, child),
  };
};

const within = async (exited: Promise<[number | null]>, child: ChildProcess): Promise<number | null> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`the service was not gone after ${GONE_WITHIN_MS / 1000} s`));
    }, GONE_WITHIN_MS);
  });
  try {
    return (await Promise.race([exited, late]))[0];
  } finally {
    clearTimeout(timer);
  }
};

/** It leads a group of its own, so that killing the service's would leave it. */
const killPostgres = async (dataDir: string): Promise<void> => {
  const file = await readFile(join(dataDir, "postgres/postmaster.pid"), "utf8").catch(() => "");
  const pid = Number(file.split("\n", 1)[0]);
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

import { mkdir, readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../errors.ts";
import type { Log } from "../../types.ts";
import { chooseAccount } from "./account.ts";
import { findBinaries } from "./binaries.ts";
import { clusterIn, ensureCluster, passwordFileIn, SUPERUSER, type Cluster } from "./cluster.ts";
import { portOfRunning, stopOrphan } from "./postmaster.ts";
import { freePort, startServer, type Server } from "./server.ts";

/** A PostgreSQL server of this process. It runs until it is stopped. */
export interface EmbeddedPostgres {
  /** `postgres://...` of the database `postgres`, with the password. */
  readonly url: string;
  /** Process id of the current server; changes with a restart. */
  pid(): number;
  /** Stops the server; resolves when it has ended. */
  stop(): Promise<void>;
}

const FIRST_ATTEMPTS = 50;
const FIRST_WAIT_MS = 200;
const SHORTEST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;
/** A server that ran this long counts as healthy: the backoff of restarts starts over. */
const SOUND_AFTER_MS = 30_000;

/**
 * Starts PostgreSQL on the cluster within `dataDir`, which is created if it does not exist. A server left over from a
 * killed process is stopped first. If the server ends unexpectedly, it is restarted on the same port with exponential
 * backoff of at most 10 s.
 *
 * The caller must hold the lock of `dataDir` (see {@link lockDataDir}).
 *
 * @throws AnchorageError `unavailable` if PostgreSQL cannot run on this machine
 * @example
 * ```ts
 * const postgres = await startEmbedded({ dataDir: "./data", log });
 * const client = new pg.Client({ connectionString: postgres.url });
 * ```
 */
export const startEmbedded = async (options: {
  readonly dataDir: string;
  readonly log: Log;
}): Promise<EmbeddedPostgres> => {
  const { log } = options;
  await mkdir(options.dataDir, { recursive: true });
  const dataDir = await realpath(options.dataDir);
  const binaries = await findBinaries();
  const account = await chooseAccount(binaries.postgres, [binaries.initdb, dataDir]);
  const cluster = await ensureCluster(dataDir, binaries, account, log);
  const logFile = join(dataDir, "postgres.log");

  await stopOrphan(cluster.directory, log);
  const startOn = (port: number): Promise<Server> =>
    startServer({ postgres: binaries.postgres, account, cluster, port, logFile });

  const first = await startFirst(startOn);
  const { port } = first;
  let server = first.server;

  const stopping = new AbortController();
  const isAborted = (): boolean => stopping.signal.aborted;
  const signalAtExit = (): void => server.signal();
  process.once("exit", signalAtExit);

  const startAgain = async (wait: number): Promise<void> => {
    await sleep(wait, undefined, { signal: stopping.signal });
    try {
      server = await startOn(port);
      log.info("PostgreSQL runs again");
    } catch (error) {
      log.warn(messageOf(error));
      await startAgain(Math.min(2 * wait, LONGEST_WAIT_MS));
    }
  };
  const keepRunning = async (): Promise<void> => {
    let wait = SHORTEST_WAIT_MS;
    while (!isAborted()) {
      const since = performance.now();
      const how = await server.ended;
      if (isAborted()) return;
      wait =
        performance.now() - since > SOUND_AFTER_MS ? SHORTEST_WAIT_MS : Math.min(2 * wait, LONGEST_WAIT_MS);
      log.warn(`PostgreSQL ended by itself (${how}), see ${logFile}; starting it again`);
      await startAgain(wait).catch((error: unknown) => {
        if (!isAborted()) throw error;
      });
    }
  };
  const kept = keepRunning();

  return {
    url: urlOf(cluster, port),
    pid: () => server.pid,
    stop: async () => {
      stopping.abort();
      process.off("exit", signalAtExit);
      await server.stop();
      await kept;
      // A restart may have completed while stopping.
      await server.stop();
    },
  };
};

const urlOf = ({ password }: Cluster, port: number): string =>
  `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres?sslmode=disable`;

/** The URL of the server that another process runs on the cluster within `dataDir`; null if none is running. */
export const findEmbedded = async (dataDir: string): Promise<string | null> => {
  const real = await realpath(dataDir).catch(() => dataDir);
  const directory = clusterIn(real);
  const port = await portOfRunning(directory);
  if (port === null) return null;
  return urlOf({ directory, password: await readFile(passwordFileIn(real), "utf8") }, port);
};

/** Retries: another program may take the port first, and children of a killed server may still be ending. */
const startFirst = async (
  startOn: (port: number) => Promise<Server>,
): Promise<{ readonly server: Server; readonly port: number }> => {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      return { server: await startOn(port), port };
    } catch (error) {
      const passing = /could not bind|already in use|pre-existing shared memory|lock file/.test(
        messageOf(error),
      );
      if (!passing || attempt === FIRST_ATTEMPTS) throw error;
      await sleep(FIRST_WAIT_MS);
    }
  }
};

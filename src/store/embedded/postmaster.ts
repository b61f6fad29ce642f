import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AnchorageError } from "../../errors.ts";
import type { Log } from "../../types.ts";
import { tryLockFile, type FileLock } from "../file-lock.ts";
import { commandOf, isAlive } from "../processes.ts";

/** The contents of postmaster.pid of a running server (PostgreSQL's miscadmin.h: LOCK_FILE_LINE_...). */
interface PidFile {
  readonly pid: number;
  readonly port: number;
  /** Empty if the server listens on TCP alone. */
  readonly socketFolder: string;
  readonly status: string;
}

const PID_LINE = 0;
const PORT_LINE = 3;
const SOCKET_LINE = 4;
const STATUS_LINE = 7;
const POLL_MS = 15;
const STOP_WITHIN_MS = 60_000;
/** How long child processes of a killed server may take to end. */
const UNSEEN_WITHIN_MS = 10_000;

const fileIn = (directory: string): string => join(directory, "postmaster.pid");

const readPidFile = async (directory: string): Promise<PidFile | null> => {
  const text = await readFile(fileIn(directory), "utf8").catch(() => null);
  if (text === null) return null;
  const lines = text.split("\n");
  const pid = Number(lines[PID_LINE]);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  const lineAt = (line: number): string => lines[line]?.trim() ?? "";
  const [port, socketFolder] = [Number(lineAt(PORT_LINE)), lineAt(SOCKET_LINE)];
  return { pid, port, socketFolder, status: lineAt(STATUS_LINE) };
};

/** Whether the server `pid` on `directory` accepts connections. It does not during recovery. */
export const isReady = async (directory: string, pid: number): Promise<boolean> => {
  const file = await readPidFile(directory);
  return file?.pid === pid && file.status === "ready";
};

/** Where a running server listens. */
export interface Listening {
  readonly port: number;
  /** Whether it listens on a Unix socket in the folder of its cluster, rather than on loopback. */
  readonly onSocket: boolean;
}

/** Where a running server on `directory` that accepts connections listens; null if there is none. */
export const findListening = async (directory: string): Promise<Listening | null> => {
  const file = await readPidFile(directory);
  if (file?.status !== "ready" || !isAlive(file.pid)) return null;
  if (!(await isServerOn(directory, file.pid))) return null;
  return { port: file.port, onSocket: file.socketFolder !== "" };
};

/**
 * Takes the lock that a running server on `directory` keeps, and so makes sure that none runs. A server that a dead
 * Anchorage process left behind is stopped first, so that the next one starts from a clean shutdown. What it would take for
 * a running server is removed: a postmaster.pid whose process id now belongs to another program.
 *
 * @throws AnchorageError `data-dir-busy` if a server runs that this process cannot see, in another container or machine
 */
export const lockServer = async (lockFile: string, directory: string, log: Log): Promise<FileLock> => {
  // A server of version 0.1 keeps no lock.
  await stopOrphan(directory, log);
  const deadline = performance.now() + UNSEEN_WITHIN_MS;
  for (;;) {
    const lock = await tryLockFile(lockFile);
    if (lock !== null) return lock;
    // A server that was killed leaves child processes that end by themselves.
    if (performance.now() > deadline)
      throw new AnchorageError(
        "data-dir-busy",
        `PostgreSQL runs on ${directory} in another container or machine, left behind by an earlier run. Stop it there.`,
      );
    await sleep(POLL_MS);
  }
};

/** Removes sockets of ended servers on `directory`: their process ids may belong to other programs by now. */
export const removeSockets = async (directory: string): Promise<void> => {
  const names = await readdir(directory).catch(() => []);
  for (const name of names.filter((found) => found.startsWith(".s.PGSQL.")))
    await rm(join(directory, name), { force: true });
};

const stopOrphan = async (directory: string, log: Log): Promise<void> => {
  const file = await readPidFile(directory);
  // If the server is gone, PostgreSQL removes the file itself after checking its shared memory.
  if (file === null || !isAlive(file.pid)) return;
  if (!(await isServerOn(directory, file.pid))) {
    await rm(fileIn(directory), { force: true });
    return;
  }
  log.warn(`stopping PostgreSQL (process ${file.pid}), which an earlier run left behind`);
  signal(file.pid);
  const deadline = performance.now() + STOP_WITHIN_MS;
  while (await isServerOn(directory, file.pid)) {
    if (performance.now() > deadline)
      throw new AnchorageError(
        "unavailable",
        `PostgreSQL (process ${file.pid}) runs on ${directory} and does not stop. Stop it by hand: kill -INT ${file.pid}`,
      );
    await sleep(POLL_MS);
  }
};

/**
 * Checks that the process is a PostgreSQL server on `directory`, because another process may have the id by now. A server
 * works in its data directory; where that cannot be read, its command line names it.
 */
const isServerOn = async (directory: string, pid: number): Promise<boolean> => {
  const command = await commandOf(pid);
  if (!command?.includes("postgres")) return false;
  if (process.platform === "win32") return true;
  const [working, cluster] = await Promise.all(
    [`/proc/${pid}/cwd`, directory].map((path) => stat(path).catch(() => null)),
  );
  if (!working) return command.includes(directory);
  return working.dev === cluster?.dev && working.ino === cluster.ino;
};

const signal = (pid: number): void => {
  try {
    // Fast shutdown: disconnects clients and writes a checkpoint.
    process.kill(pid, "SIGINT");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EPERM")
      throw new AnchorageError(
        "unavailable",
        `PostgreSQL (process ${pid}) belongs to another user and runs.`,
        {
          cause: error,
        },
      );
    if (code !== "ESRCH") throw error;
  }
};

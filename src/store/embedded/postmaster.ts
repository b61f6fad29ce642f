import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AnchorageError } from "../../errors.ts";
import type { Log } from "../../types.ts";
import { commandOf, isAlive } from "../processes.ts";

/** The contents of postmaster.pid of a running server (PostgreSQL's miscadmin.h: LOCK_FILE_LINE_...). */
interface PidFile {
  readonly pid: number;
  readonly port: number;
  readonly status: string;
}

const PID_LINE = 0;
const PORT_LINE = 3;
const STATUS_LINE = 7;
const POLL_MS = 15;
const STOP_WITHIN_MS = 60_000;

const fileIn = (directory: string): string => join(directory, "postmaster.pid");

const readPidFile = async (directory: string): Promise<PidFile | null> => {
  const text = await readFile(fileIn(directory), "utf8").catch(() => null);
  if (text === null) return null;
  const lines = text.split("\n");
  const pid = Number(lines[PID_LINE]);
  return Number.isInteger(pid) && pid > 0
    ? { pid, port: Number(lines[PORT_LINE]), status: lines[STATUS_LINE]?.trim() ?? "" }
    : null;
};

/** Whether the server `pid` on `directory` accepts connections. It does not during recovery. */
export const isReady = async (directory: string, pid: number): Promise<boolean> => {
  const file = await readPidFile(directory);
  return file?.pid === pid && file.status === "ready";
};

/** The port of a running server on `directory` that accepts connections; null if there is none. */
export const portOfRunning = async (directory: string): Promise<number | null> => {
  const file = await readPidFile(directory);
  if (file?.status !== "ready" || !isAlive(file.pid)) return null;
  return (await isServerOn(directory, file.pid)) ? file.port : null;
};

/**
 * Stops a server on `directory` that a dead Anchorage process left running, so that the next server starts from a clean
 * shutdown. A postmaster.pid whose process id now belongs to another program is removed.
 */
export const stopOrphan = async (directory: string, log: Log): Promise<void> => {
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

/** Checks the command line, which contains the data directory, because another process may have the id by now. */
const isServerOn = async (directory: string, pid: number): Promise<boolean> => {
  const command = await commandOf(pid);
  return (
    command !== null &&
    command.includes("postgres") &&
    (process.platform === "win32" || command.includes(directory))
  );
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

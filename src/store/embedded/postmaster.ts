import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AnchorageError } from "../../errors.ts";
import type { Log } from "../../types.ts";
import { commandOf, isAlive } from "../processes.ts";

/** What a running server says of itself in postmaster.pid (PostgreSQL's miscadmin.h: LOCK_FILE_LINE_...). */
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

/** Whether the server `pid` on `directory` takes connections; while it recovers it does not. */
export const isReady = async (directory: string, pid: number): Promise<boolean> => {
  const file = await readPidFile(directory);
  return file?.pid === pid && file.status === "ready";
};

/** The port on which a server of ours on `directory` takes connections; null where none does. */
export const portOfRunning = async (directory: string): Promise<number | null> => {
  const file = await readPidFile(directory);
  if (file?.status !== "ready" || !isAlive(file.pid)) return null;
  return (await isServerOn(directory, file.pid)) ? file.port : null;
};

/**
 * Stops the server that a dead process of ours left running on `directory`, if there is one, so that its successor
 * starts from a clean shutdown. A postmaster.pid whose number belongs to another program by now is removed.
 */
export const stopOrphan = async (directory: string, log: Log): Promise<void> => {
  const file = await readPidFile(directory);
  // Of a server that is gone PostgreSQL removes the file itself, after it has looked for its shared memory.
  if (file === null || !isAlive(file.pid)) return;
  if (!(await isServerOn(directory, file.pid))) {
    await rm(fileIn(directory), { force: true });
    return;
  }
  log(`stopping PostgreSQL (process ${file.pid}), which an earlier run left behind`);
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

/** Another process may have got the number since; a server names its folder in its command line. */
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
    // Fast shutdown: clients are cut off, and a checkpoint is written.
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

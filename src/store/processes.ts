import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { platform } from "node:os";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Whether a process with this id exists. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process belongs to another user, but it exists.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};

/**
 * The start time of a process, as a text that distinguishes it from other processes with the same id, past or future;
 * null if it does not exist. On Windows, where this is expensive, the text is the same for all running processes.
 */
export const startOf = async (pid: number): Promise<string | null> => {
  if (platform() === "linux") {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, "utf8").catch(() => null),
      readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => ""),
    ]);
    if (stat === null) return null;
    // proc(5): the name in parentheses may contain spaces; field 3 is the state, field 22 the start in ticks since boot.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state] = fields;
    return state === "Z" || state === "X" ? null : `${boot.trim()} ${fields[22 - 3] ?? ""}`;
  }
  if (!isAlive(pid)) return null;
  if (platform() === "win32") return "alive";
  return run("ps", ["-o", "lstart=", "-p", String(pid)]).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
};

/** The command line of a process; null if it does not exist or cannot be read. On Windows always `postgres`. */
export const commandOf = async (pid: number): Promise<string | null> => {
  if (platform() === "linux")
    return readFile(`/proc/${pid}/cmdline`, "utf8").then(
      (text) => (text === "" ? null : text.replaceAll("\0", " ")),
      () => null,
    );
  if (platform() === "win32") return isAlive(pid) ? "postgres" : null;
  return run("ps", ["-ww", "-o", "command=", "-p", String(pid)]).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
};

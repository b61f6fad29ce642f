import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { platform } from "node:os";
import { promisify } from "node:util";

const run = promisify(execFile);

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process cannot be signalled, but lives.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};

/**
 * When the process `pid` began, as a text that no other process of that number has had or will have; null where there
 * is none. On Windows, which does not tell cheaply, a fixed text for every process that lives.
 */
export const startOf = async (pid: number): Promise<string | null> => {
  if (platform() === "linux") {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, "utf8").catch(() => null),
      readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => ""),
    ]);
    if (stat === null) return null;
    // proc(5): the name in parentheses may hold spaces; state is field 3, the start in ticks since boot field 22.
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

/** The command line of the process `pid`; null where there is none or it cannot be read. */
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

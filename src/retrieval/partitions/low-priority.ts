import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";
import { basename } from "node:path";

const LOW = 10;

/**
 * Lowers the priority of this thread alone, so that the threads that answer requests come first. Linux takes the id of a
 * thread where it takes that of a process; other systems leave the priority as it is.
 */
export const lowerThreadPriority = (): void => {
  try {
    setPriority(Number(basename(readlinkSync("/proc/thread-self"))), LOW);
  } catch {
    // Not Linux: the system's scheduler shares the cores evenly.
  }
};

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

export interface Child {
  readonly process: ChildProcess;
  /** What it has written to stdout so far. */
  readonly lines: readonly string[];
  /** Resolves when `lines` satisfy `condition`. */
  until(condition: (lines: readonly string[]) => boolean): Promise<void>;
  kill(): Promise<void>;
}

/** Starts what follows in new namespaces, as a container runtime does: it sees no process of this one's, nor is it seen. */
export const inAnotherContainer = [
  "unshare",
  "--pid",
  "--ipc",
  "--fork",
  "--mount-proc",
  "--kill-child",
] as const;
const [unshare, ...flags] = inAnotherContainer;
/** Only root on Linux may. */
export const canUnshare = spawnSync(unshare, [...flags, "true"]).status === 0;

/** Runs one of the programs in this folder; it is killed at the end of the test. */
export const startChild = (
  program: "writer" | "holder",
  dataDir: string,
  prefix: readonly string[] = [],
): Child => {
  const file = fileURLToPath(new URL(`./${program}.ts`, import.meta.url));
  const [command, ...args] = [...prefix, process.execPath, "--import", "tsx", file, dataDir];
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  let ended = false;
  let wake: () => void = () => undefined;
  reader.on("line", (line) => {
    lines.push(line);
    wake();
  });
  reader.on("close", () => {
    ended = true;
    wake();
  });
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  onTestFinished(kill);
  return {
    process: child,
    lines,
    until: async (condition) => {
      while (!condition(lines)) {
        if (ended) throw new Error(`${program} ended after: ${lines.slice(-3).join(", ")}`);
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    kill,
  };
};

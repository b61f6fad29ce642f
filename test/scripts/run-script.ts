import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningScript {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when what it wrote to stderr holds `text`, and rejects where it ends before. */
  readonly says: (text: string) => Promise<void>;
}

const packageFile = new URL("../../package.json", import.meta.url);
const root = fileURLToPath(new URL(".", packageFile));
/** The scripts of package.json, by the names that `npm run` knows. */
export const { scripts: npmScripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(packageFile, "utf8")));

/** What `npm run` starts by `name`, without node itself. */
const commandOf = (name: string): string[] => {
  const [node, ...command] = npmScripts[name]?.split(" ") ?? [];
  if (node !== "node") throw new Error(`package.json has no script ${name} that starts node`);
  return command;
};

/** Starts a script as `npm run` does, with `dataDir` for its DATA_DIR. */
export const startScript = (
  name: string,
  args: readonly string[],
  dataDir: string,
  environment: Readonly<Record<string, string>> = {},
): RunningScript => {
  const child = spawn(process.execPath, [...commandOf(name), ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, DATA_DIR: dataDir, PORT: "0", ...environment },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  const ended = once(child, "close").then(([status]): Ended => ({
    status: status as number,
    stdout,
    stderr,
  }));
  const says = async (text: string): Promise<void> => {
    while (!stderr.includes(text)) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`${name} ended without saying "${text}": ${stderr}`);
      await Promise.race([once(child.stderr, "data"), ended]);
    }
  };
  return { child, ended, says };
};

export const runScript = (...given: Parameters<typeof startScript>): Promise<Ended> =>
  startScript(...given).ended;

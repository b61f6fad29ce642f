import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

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

type ScriptName =
  | "import"
  | "build-index"
  | "tune"
  | "tune-asif"
  | "select-encoder"
  | "classify"
  | "verify-erasure"
  | "evaluate"
  | "evaluate-selection"
  | "reproduce-emms"
  | "adapt";

const RESEARCH: ReadonlySet<ScriptName> = new Set([
  "evaluate",
  "evaluate-selection",
  "reproduce-emms",
  "adapt",
]);

/** Starts a script as `npm run` does, with `dataDir` for its DATA_DIR. */
export const startScript = (
  name: ScriptName,
  args: readonly string[],
  dataDir: string,
  environment: Readonly<Record<string, string>> = {},
): RunningScript => {
  const folder = RESEARCH.has(name) ? "research/bin" : "scripts";
  const file = fileURLToPath(new URL(`../../${folder}/${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", file, ...args], {
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

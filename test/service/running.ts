import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { defaultEncoders } from "../support/encoders.ts";

/** A directory of its own for a service, with the encoders that it would otherwise spend seconds to import. */
export interface DataDir {
  readonly path: string;
  remove(): Promise<void>;
}

export const makeDataDir = async (): Promise<DataDir> => {
  const path = await mkdtemp(join(tmpdir(), "anchorage-service-"));
  await cp(await defaultEncoders(), join(path, "encoders"), {
    recursive: true,
    // What another process is importing there vanishes when it is whole.
    filter: (source) => !basename(source).startsWith("."),
  });
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }) };
};

/** A service as `npm start` starts it. */
export interface Running {
  readonly url: string;
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Sends the signal and waits. @returns the exit status; null where a signal ended it */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Waits until the service listens; @throws Error with its output where it ends before. */
export const startService = async (
  dataDir: string,
  environment: Record<string, string> = {},
  command: readonly [string, ...string[]] = NODE,
): Promise<Running> => {
  const child = spawnService(dataDir, environment, command);
  let output = "";
  const exited = once(child, "exit") as Promise<[number | null]>;
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const listening = /listening on (http:\S+)/.exec(output)?.[1];
      if (listening !== undefined) resolve(listening);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    void exited.then(([status]) => reject(new Error(`ended with ${status}: ${output}`)));
  });
  return {
    url,
    child,
    output: () => output,
    end: async (signal) => {
      child.kill(signal);
      const [status] = await exited;
      return status;
    },
  };
};

/** Of a service that cannot start. */
export const outcomeOf = async (dataDir: string, environment: Record<string, string> = {}) => {
  const child = spawnService(dataDir, environment);
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const [status] = (await once(child, "close")) as [number | null];
  return { status, stderr };
};

export const NODE = [process.execPath, "--import", "tsx", "src/main.ts"] as const;
/** As the README says. */
export const NPM_START = ["npm", "start"] as const;

const spawnService = (
  dataDir: string,
  environment: Record<string, string>,
  [command, ...args]: readonly [string, ...string[]] = NODE,
) =>
  spawn(command, args, {
    env: { ...process.env, PORT: "0", DATA_DIR: dataDir, SAMPLE: "off", LOG_FORMAT: "text", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });

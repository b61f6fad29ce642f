import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";

/** A process that prints where it listens. */
export interface Listening {
  readonly url: string;
  /** Ends it and waits. */
  readonly end: () => Promise<void>;
}

/** Starts a service on a DATA_DIR of its own, without the sample. */
export const startService = (dataDir: string): Promise<Listening> =>
  listening(
    spawn(process.execPath, ["--import", "tsx", "src/main.ts"], {
      env: { ...process.env, PORT: "0", DATA_DIR: dataDir, SAMPLE: "off", DATABASE_URL: "" },
      stdio: ["ignore", "pipe", "inherit"],
    }),
  );

/** Waits until `child` prints `listening on http://...`; @throws Error with what it printed where it ends before. */
export const listening = async (child: ChildProcess): Promise<Listening> => {
  let output = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const found = /listening on (http:\S+)/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once("exit", () => reject(new Error(`a process ended: ${output}`)));
  });
  return {
    url,
    end: async () => {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    },
  };
};

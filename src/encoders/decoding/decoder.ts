import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { moduleFile } from "../../worker.ts";
import { createFrameReader, encodeFrame, type DecodeFrame } from "./frames.ts";
import type { DecodeJob, DecodeReply, Exceeded, LaneLimits } from "./types.ts";

const SHELL = "/bin/sh";
/** The kernel's bound, beside the one that is polled, counts stacks and what is allocated but not yet used as well. */
const DATA_SLACK = 512 * 1024 * 1024;
/** From V8 13 on (Node 24) each isolate reserves memory for code in a way that the kernel counts. */
const CODE_RANGE = Number.parseInt(process.versions.v8, 10) >= 13 ? 512 * 1024 * 1024 : 0;
/** Drawing texts needs the fonts that the service sees; passwords and keys stay with the service. */
const PASSED_ON =
  /^(?:PATH|HOME|LANG|LANGUAGE|LC_.*|XDG_.*|FONTCONFIG_.*|TMPDIR|TEMP|TMP|SystemRoot|windir|(?:LOCAL)?APPDATA|LD_LIBRARY_PATH|VIPS_.*|TZ)$/i;
/** Electron's program runs a script as Node does only where it is told to. */
const AS_NODE = process.versions.electron === undefined ? {} : { ELECTRON_RUN_AS_NODE: "1" };
/** Images that take long leave the processor to the networks and to requests. */
const NICENESS = { quick: 0, heavy: 5 } as const;

/** What became of a job. */
export type DecodeOutcome =
  { readonly reply: DecodeReply; readonly payload: Uint8Array } | { readonly exceeded: Exceeded };

/** A process that decodes one file at a time. */
export interface DecoderProcess {
  /** @returns `exceeded` if the process ended; it takes no further jobs then */
  readonly run: (job: DecodeJob, bytes: Uint8Array) => Promise<DecodeOutcome>;
  readonly isAlive: () => boolean;
  /** Lets the process end. */
  readonly end: () => void;
}

/** Starts a process, which does not keep this one alive while it has no job. */
export const startDecoder = (limits: LaneLimits): DecoderProcess => {
  const child = spawnDecoder(limits);
  let isAlive = true;
  let complaint = "";
  let settle: ((outcome: DecodeOutcome) => void) | null = null;

  const finish = (outcome: DecodeOutcome): void => {
    hold(child, false);
    settle?.(outcome);
    settle = null;
  };
  const lost = (): void => {
    isAlive = false;
    const [, reason] = /\nexceeded:(time|memory)\n/.exec(complaint) ?? [];
    finish({ exceeded: reason === "time" || reason === "memory" ? reason : "crash" });
  };
  child.stdout?.on(
    "data",
    createFrameReader(({ header, payload }: DecodeFrame) =>
      finish({ reply: header as DecodeReply, payload }),
    ),
  );
  child.stderr?.on("data", (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-200)));
  // A process that has ended is noticed by its exit.
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.on("error", () => undefined);
  child.on("error", lost);
  child.on("close", lost);
  hold(child, false);

  return {
    run: (job, bytes) =>
      new Promise((resolve) => {
        hold(child, true);
        const timer = setTimeout(() => {
          complaint += "\nexceeded:time\n";
          child.kill("SIGKILL");
        }, limits.wallMs);
        settle = (outcome) => {
          clearTimeout(timer);
          resolve(outcome);
        };
        if (!isAlive) finish({ exceeded: "crash" });
        else for (const chunk of encodeFrame({ header: job, payload: bytes })) child.stdin?.write(chunk);
      }),
    isAlive: () => isAlive,
    end: () => child.stdin?.end(),
  };
};

const spawnDecoder = (limits: LaneLimits): ChildProcess => {
  const heap = Math.floor(limits.memory / 2 / 1024 / 1024);
  const module = moduleFile(new URL("./answer-frames.ts", import.meta.url));
  const node = [
    process.execPath,
    `--max-old-space-size=${heap}`,
    fileURLToPath(new URL("./decoder.mjs", import.meta.url)),
    module,
    JSON.stringify(limits),
  ];
  // The loader of sources runs in an isolate of its own.
  const isolates = module.endsWith(".ts") ? 2 : 1;
  const kilobytes = Math.floor((limits.memory + DATA_SLACK + isolates * CODE_RANGE) / 1024);
  const bounded =
    process.platform === "linux" && existsSync(SHELL)
      ? [SHELL, "-c", `${limited("-c 0")}; ${limited(`-d ${kilobytes}`)}; exec "$@"`, "decoder", ...node]
      : node;
  const [command = process.execPath, ...rest] = bounded;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED_ON.test(name)));
  const child = spawn(command, rest, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...env, ...AS_NODE, MALLOC_ARENA_MAX: "2", UV_THREADPOOL_SIZE: "2" },
    windowsHide: true,
  });
  try {
    if (child.pid !== undefined) setPriority(child.pid, NICENESS[limits.lane]);
  } catch {
    // Not allowed here, or already gone.
  }
  return child;
};

/** Tries a limit in a subshell first: some shells end where a limit cannot be set. */
const limited = (limit: string): string => `(ulimit ${limit}) 2>/dev/null && ulimit ${limit}`;

/** Whether the process keeps this one alive. */
const hold = (child: ChildProcess, isHeld: boolean): void => {
  const holders = [child, child.stdin, child.stdout, child.stderr] as const;
  for (const holder of holders) {
    // Streams of a spawned process are sockets, which their type does not say.
    const held: unknown = holder;
    if (isRefCounted(held)) held[isHeld ? "ref" : "unref"]();
  }
};

interface RefCounted {
  ref(): void;
  unref(): void;
}

const isRefCounted = (value: unknown): value is RefCounted =>
  typeof value === "object" && value !== null && "ref" in value && "unref" in value;

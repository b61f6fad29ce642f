import { readFileSync, readdirSync } from "node:fs";
import { get } from "node:http";

/** The service that is measured. */
export interface Watched {
  readonly url: string;
  readonly pid: number;
}

export interface Measured {
  /** Milliseconds of each answer of /healthz, each asked on a connection of its own. */
  readonly pings: readonly number[];
  /** How long the main thread waited for a processor that others had. */
  readonly waitedMs: number;
  /** The most memory that Node and its children, Postgres apart, had at one time. */
  readonly peakBytes: number;
}

export interface MeterCalls {
  readonly watch: (watched: Watched | null) => void;
  /** What was measured since the last time, when all that was asked is answered. */
  readonly read: (argument: null) => Promise<Measured>;
  readonly close: () => void;
}

const PING_EVERY_MS = 40;
const LOOK_EVERY_MS = 100;
const ANSWERED_WITHIN_MS = 30_000;
const PAGE_BYTES = 4_096;

/** Measures on a thread of its own, so that what attacks cost the script itself does not count. */
export const open = (): MeterCalls => {
  let watched: Watched | null = null;
  let pings: number[] = [];
  const asked = new Set<Promise<void>>();
  let peakBytes = 0;
  let [waitedMs, waitedBefore] = [0, 0];
  const addWaited = (): void => {
    const now = watched === null ? 0 : waitedOf(watched.pid);
    waitedMs += Math.max(0, now - waitedBefore);
    waitedBefore = now;
  };
  const pinging = setInterval(() => {
    if (watched === null) return;
    const asking = ping(watched.url)
      .then((ms) => void pings.push(ms))
      .catch(() => undefined)
      .finally(() => asked.delete(asking));
    asked.add(asking);
  }, PING_EVERY_MS);
  const looking = setInterval(() => {
    if (watched !== null) peakBytes = Math.max(peakBytes, memoryOf(watched.pid));
  }, LOOK_EVERY_MS);
  return {
    watch: (next) => {
      addWaited();
      watched = next;
      waitedBefore = next === null ? 0 : waitedOf(next.pid);
    },
    read: async () => {
      // Those that wait belong to what has just been measured.
      await Promise.all(asked);
      addWaited();
      const measured = { pings, waitedMs, peakBytes };
      waitedMs = 0;
      pings = [];
      peakBytes = 0;
      return measured;
    },
    close: () => {
      clearInterval(pinging);
      clearInterval(looking);
    },
  };
};

/** Milliseconds until the answer. @throws Error where there is none */
const ping = (url: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const start = performance.now();
    const request = get(`${url}/healthz`, { agent: false, timeout: ANSWERED_WITHIN_MS }, (response) => {
      response.resume();
      response.on("end", () => resolve(performance.now() - start));
    });
    request.on("timeout", () => request.destroy());
    request.on("error", reject);
  });

/** The second field of `schedstat` (Linux): nanoseconds in which a thread could have run and did not. */
const waitedOf = (pid: number): number => {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[1] ?? 0) / 1e6;
  } catch {
    return 0;
  }
};

/** Resident memory of a process and its children; 0 for one that is gone, and for Postgres. */
const memoryOf = (pid: number): number => {
  const read = (file: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, "utf8");
    } catch {
      return "";
    }
  };
  if (read("comm").trim() === "postgres") return 0;
  const pages = Number(read("statm").split(" ")[1] ?? 0);
  const children = threadsOf(pid).flatMap((thread) => read(`task/${thread}/children`).split(" "));
  return children
    .filter((child) => child !== "")
    .reduce((sum, child) => sum + memoryOf(Number(child)), pages * PAGE_BYTES);
};

const threadsOf = (pid: number): string[] => {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
};

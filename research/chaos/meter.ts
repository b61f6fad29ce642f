import { openWorker } from "../../src/worker.ts";
import type { Measured, MeterCalls } from "./meter-worker.ts";
import type { Service } from "./service.ts";

/** What was measured beside some rounds. */
export interface Figures extends Measured {
  /** The longest time for which the event loop stood still; null where the service had ended. */
  readonly gapMs: number | null;
}

export interface Meter {
  /** Measures this service from now on. */
  readonly watch: (service: Service) => Promise<void>;
  /** Forgets what was measured so far; nothing is measured before the next `watch`. */
  readonly begin: () => Promise<void>;
  readonly end: () => Promise<Figures>;
  readonly close: () => Promise<void>;
}

export const openMeter = (): Meter => {
  const worker = openWorker<MeterCalls>(new URL("./meter-worker.ts", import.meta.url), undefined);
  let watched: Service | undefined;
  const gap = async (): Promise<number | null> => (watched === undefined ? null : readGap(watched.url));
  return {
    watch: async (service) => {
      if (watched === service) return;
      watched = service;
      await gap();
      await worker.call("watch", { url: service.url, pid: service.pid });
    },
    begin: async () => {
      watched = undefined;
      await worker.call("watch", null);
      await worker.call("read", null);
    },
    end: async () => {
      const gapMs = await gap();
      await worker.call("watch", null);
      return { ...(await worker.call("read", null)), gapMs };
    },
    close: worker.close,
  };
};

/** Each reading begins a new measurement in the service. */
const readGap = async (url: string): Promise<number | null> => {
  try {
    const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(10_000) });
    const seconds = /^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(await response.text())?.[1];
    return seconds === undefined ? null : Number(seconds) * 1_000;
  } catch {
    return null;
  }
};

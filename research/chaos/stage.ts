import { fillCrowd } from "./crowd.ts";
import type { Stage } from "./fault.ts";
import type { Meter } from "./meter.ts";
import { endService, startService, type Service } from "./service.ts";

export interface OpenStage {
  readonly stage: Stage;
  /** What the shared service has said, where it has ended; else null. */
  readonly lastWords: () => string | null;
  readonly close: () => Promise<void>;
}

/** Opens what faults share; the service starts when a fault first asks for it. */
export const openStage = (makeDataDir: () => Promise<string>, meter: Meter): OpenStage => {
  const current: { dataDir?: string; service?: Service } = {};
  const shared = async (): Promise<Service> => {
    if (current.service === undefined || current.service.hasEnded()) {
      current.dataDir ??= await makeDataDir();
      current.service = await startService(current.dataDir);
      await fillCrowd(current.service);
    }
    await meter.watch(current.service);
    return current.service;
  };
  return {
    stage: { shared, makeDataDir, watch: meter.watch },
    lastWords: () => (current.service?.hasEnded() === true ? current.service.output() : null),
    close: async () => {
      if (current.service !== undefined) await endService(current.service);
    },
  };
};

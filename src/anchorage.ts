import { openCore, type Core, type CoreOptions } from "./collections/index.ts";
import type { Config } from "./config.ts";
import { FEATURES, openFeatures, type Feature, type OpenedFeatures } from "./features/index.ts";
import { limitMemory } from "./memory-budget.ts";
import type { Log } from "./types.ts";

/** All of Anchorage in one process, without HTTP: the base of the service and of the scripts. */
export interface Service {
  readonly core: Core;
  readonly features: OpenedFeatures;
  /** Cancels jobs, waits for running work, releases features, encoders and indexes, and stops Postgres. */
  close(): Promise<void>;
}

export interface ServiceOptions extends Partial<Omit<CoreOptions, "encoderSources">> {
  /** Replaces the built-in features. */
  readonly features?: readonly Feature[];
}

/**
 * Opens the core under `config.dataDir`, which no other process may hold, and its features.
 *
 * @throws AnchorageError `data-dir-busy` if another process holds it, `unavailable` if Postgres does not
 * answer.
 */
export const openService = async (
  config: Pick<Config, "dataDir" | "databaseUrl"> &
    Partial<Pick<Config, "consensusHttpHosts" | "classificationMethods" | "apiKey" | "memoryLimit">> & {
      readonly postgresBin?: string | null;
    },
  log: Log,
  { preload = true, audit = false, features: plugged = FEATURES }: ServiceOptions = {},
): Promise<Service> => {
  if (config.memoryLimit !== undefined) limitMemory(config.memoryLimit);
  const encoderSources = await Promise.all(
    plugged.flatMap(({ encoders }) => (encoders === undefined ? [] : [encoders()])),
  );
  const core = await openCore(config, log, { preload, audit, encoderSources });
  try {
    const features = await openFeatures(core, plugged);
    return {
      core,
      features,
      close: async () => {
        await features.close().finally(() => core.close());
      },
    };
  } catch (error) {
    await core.close().catch(() => undefined);
    throw error;
  }
};
